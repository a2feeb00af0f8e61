/** Trades of a run, page by page; each leads to its history, which is made on demand. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { usePages } from "../../live/use_pages";
import type { RunDetail, Trade } from "../../model/backtests/contract";
import { OUTCOME_LOOKS, OUTCOMES, pairOf } from "../../model/backtests/look";
import { amount, count, price } from "../../model/format";
import { NotKnown } from "../../ui/money";
import { Moment } from "../../ui/now";
import { Pages } from "../../ui/pages";
import { Badge, Card, Empty } from "../../ui/parts";
import { PhoneLabel } from "../../ui/phone_label";
import { Select } from "../../ui/select";
import type { Column } from "../../ui/table";
import { type TradeFilter, tradeFilter } from "./search";

const NEVER_AGAIN = 0;

export function TradesCard({
  run,
  filter,
  choose,
}: {
  readonly run: RunDetail;
  readonly filter: TradeFilter;
  readonly choose: (filter: TradeFilter) => void;
}): ReactNode {
  const { run_id } = run;
  const read = usePages(
    "GET /backtests/{run_id}/trades",
    { path: { run_id }, query: { ...filter } },
    [],
    NEVER_AGAIN,
  );
  const isFiltered = filter.outcome !== undefined || filter.side !== undefined;
  return (
    <Card
      title="Trades"
      aside={
        <a href={`/backtests/${run_id}/trades.csv`} download className="text-sm text-accent">
          Download CSV
        </a>
      }
    >
      <Choices filter={filter} choose={choose} />
      <Pages
        read={read}
        label="Trades"
        columns={columnsOf(run)}
        keyOf={({ number }) => String(number)}
        empty={
          <Empty title={isFiltered ? "Nothing matches" : "It did not trade"}>
            {isFiltered ? "Clear the filter." : "No signal was given in its time."}
          </Empty>
        }
      />
    </Card>
  );
}

function Choices({
  filter,
  choose,
}: {
  readonly filter: TradeFilter;
  readonly choose: (filter: TradeFilter) => void;
}): ReactNode {
  const change = (changes: Readonly<Record<string, string | undefined>>): void =>
    choose(tradeFilter({ ...filter, ...changes }));
  return (
    <search className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
      <Select
        label="Outcome"
        any="Any outcome"
        isFilter
        value={filter.outcome}
        options={OUTCOMES.map((one) => [one, OUTCOME_LOOKS[one].word])}
        choose={(outcome) => change({ outcome })}
      />
      <Select
        label="Side"
        any="Both sides"
        value={filter.side}
        options={[
          ["acquire", "Bought"],
          ["dispose", "Sold"],
        ]}
        choose={(side) => change({ side })}
      />
      <Select
        label="Order"
        value={filter.order ?? "asc"}
        options={[
          ["asc", "Oldest first"],
          ["desc", "Newest first"],
        ]}
        choose={(order) => change({ order })}
      />
    </search>
  );
}

const SIDES = { acquire: "Bought", dispose: "Sold" } as const;

const columnsOf = ({ run_id }: RunDetail): readonly Column<Trade>[] => [
  {
    name: "No.",
    isFigure: true,
    phone: "top",
    hint: "Leads to the trade's history",
    cell: ({ number }) => (
      <Link
        to="/backtest/$id/trade/$number"
        params={{ id: run_id, number: String(number) }}
        className="text-accent hover:underline"
        aria-label={`Explain trade ${number}`}
      >
        {count(number)}
      </Link>
    ),
  },
  {
    name: "Outcome",
    phone: "topEnd",
    cell: ({ outcome, detail, reason }) => (
      <Badge look={OUTCOME_LOOKS[outcome]} title={detail ?? reason ?? ""} />
    ),
  },
  { name: "Decided", phone: "more", cell: ({ time }) => <Moment at={time} /> },
  {
    name: "Pair",
    phone: "below",
    cell: ({ side, instrument }) => (
      <span title={instrument}>
        <span className="inline-block w-13">{SIDES[side]}</span> {pairOf(instrument)}
      </span>
    ),
  },
  {
    name: "Price",
    isFigure: true,
    cell: (trade) =>
      trade.price == null ? <NotKnown /> : <span title={trade.price}>{price(trade.price)}</span>,
  },
  { name: "Value", isFigure: true, cell: ({ notional }) => <Money value={notional} /> },
  { name: "Fee", isFigure: true, cell: ({ fee }) => <Money value={fee} /> },
  { name: "Gas", isFigure: true, cell: ({ gas }) => <Money value={gas} /> },
  {
    name: "Impact",
    isFigure: true,
    hint: "Against the mid price before it, in hundredths of a percent",
    cell: ({ impact_bps }) =>
      impact_bps == null ? <NotKnown /> : `${amount(impact_bps, 2)}\u202fbps`,
  },
  {
    name: "Profit",
    isFigure: true,
    phone: "belowEnd",
    hint: "Of sales: net of fee and gas",
    cell: ({ profit }) => <Profit value={profit} />,
  },
  {
    name: "Reason",
    cell: ({ reason, detail }) =>
      reason != null && (
        <span className="mono text-text2" title={detail ?? undefined}>
          {reason}
        </span>
      ),
  },
];

const Money = ({ value }: { readonly value: string }): ReactNode => (
  <span title={value}>{amount(value, 2)}</span>
);

function Profit({ value }: { readonly value: string | null | undefined }): ReactNode {
  if (value == null) return <span className="text-text3">–</span>;
  const isLoss = value.startsWith("-");
  return (
    <span title={value} className={isLoss ? "text-bad" : "text-ok"}>
      <PhoneLabel>profit</PhoneLabel>
      {isLoss ? "" : "+"}
      {amount(value, 2)}
    </span>
  );
}
