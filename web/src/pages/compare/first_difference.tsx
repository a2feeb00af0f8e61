/** The first trade in which two runs differ, and whether signals or execution are the reason. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Trade, TradeDifference } from "../../model/backtests/contract";
import { OUTCOME_LOOKS, pairOf } from "../../model/backtests/look";
import { count, price } from "../../model/format";
import { Moment } from "../../ui/now";
import { Badge, Card } from "../../ui/parts";

const CAUSES: Readonly<Record<TradeDifference["cause"], string>> = {
  signals:
    "The signals differ: the strategy, its parameters or its data are not the same, or floating point is not on the two machines.",
  execution:
    "The signals are the same and the fills are not: the market model, latency, limits, portfolio or seed differ.",
};

export function FirstDifferenceCard({
  difference,
  isEqual,
  a,
  b,
}: {
  readonly isEqual: boolean;
  readonly difference: TradeDifference | null;
  readonly a: string;
  readonly b: string;
}): ReactNode {
  return (
    <Card title="First trade that differs">
      {difference === null ? (
        <p className="p-4 text-text2">
          {isEqual
            ? "None: both runs are equal, to the base unit of every trade."
            : "None of the trades that were compared differs."}
        </p>
      ) : (
        <div className="flex flex-col gap-3 p-4">
          <p>
            Trade {count(difference.number)}. {CAUSES[difference.cause]}
          </p>
          <div className="grid gap-4 md:grid-cols-2">
            <Side letter="A" run={a} trade={difference.a} other={difference.b} />
            <Side letter="B" run={b} trade={difference.b} other={difference.a} />
          </div>
        </div>
      )}
    </Card>
  );
}

function Side({
  letter,
  run,
  trade,
  other,
}: {
  readonly letter: string;
  readonly run: string;
  readonly trade: Trade | null;
  /** The same trade of the other run. */
  readonly other: Trade | null;
}): ReactNode {
  if (trade === null) {
    return <p className="text-text2">{letter} has no such trade: it ended before.</p>;
  }
  const mark = (field: keyof Trade): string =>
    other !== null && other[field] !== trade[field] ? "font-medium text-warn" : "";
  return (
    <dl className="grid grid-cols-[96px_1fr] gap-x-4 gap-y-1 rounded-md border border-line p-3 text-sm [&_dt]:text-text3">
      <dt>{letter}</dt>
      <dd>
        <Link
          to="/backtest/$id/trade/$number"
          params={{ id: run, number: String(trade.number) }}
          className="text-accent hover:underline"
        >
          Explain trade {count(trade.number)}
        </Link>
      </dd>
      <dt>Decided</dt>
      <dd className={mark("time")}>
        <Moment at={trade.time} />
      </dd>
      <dt>Pair</dt>
      <dd className={mark("side")}>
        {trade.side === "acquire" ? "Bought" : "Sold"} {pairOf(trade.instrument)}
      </dd>
      <dt>Outcome</dt>
      <dd className={mark("outcome")}>
        <Badge look={OUTCOME_LOOKS[trade.outcome]} />
      </dd>
      <dt>Price</dt>
      <dd className={`figures ${mark("price")}`}>
        {trade.price == null ? "–" : price(trade.price)}
      </dd>
      <dt>Paid</dt>
      <dd className={`figures break-all ${mark("amount_in")}`}>{trade.amount_in} base units</dd>
      <dt>Received</dt>
      <dd className={`figures break-all ${mark("amount_out")}`}>{trade.amount_out} base units</dd>
    </dl>
  );
}
