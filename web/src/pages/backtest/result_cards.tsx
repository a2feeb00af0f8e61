/** What a run came to: figures, the equity curve, metrics, months, trades and checks. */
import { type ReactNode, useMemo } from "react";
import { useAsk } from "../../live/use_ask";
import type { Results, RunDetail } from "../../model/backtests/contract";
import { EquityChart } from "../../ui/charts/equity_chart";
import { Card, Empty, Figure } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { Metric, Return } from "../backtests/figures";
import { GuardsCard } from "./guards_card";
import { InstrumentsCard } from "./instruments_card";
import { MetricsCard } from "./metrics_card";
import { MonthsCard } from "./months_card";

const NEVER_AGAIN = 0;
/** A bucket for every few pixels. */
const POINTS = 500;

export function ResultCards({
  run,
  children,
}: {
  readonly run: RunDetail;
  /** Stands between the months and the checks. */
  readonly children: ReactNode;
}): ReactNode {
  const path = { run_id: run.run_id };
  const results = useAsk("GET /backtests/{run_id}/results", { path }, { everyMs: NEVER_AGAIN });
  const equity = useAsk(
    "GET /backtests/{run_id}/equity",
    { path, query: { points: POINTS } },
    { everyMs: NEVER_AGAIN },
  );
  const quote = useMemo(() => quoteOf(run), [run]);
  return (
    <>
      <Answer query={results} rows={2}>
        {(found) => <Figures results={found} quote={quote} />}
      </Answer>
      <Card title="Equity and drawdown">
        <Answer query={equity} rows={10}>
          {({ points }) =>
            points.length === 0 ? (
              <Empty title="There is no curve">The run had no bar.</Empty>
            ) : (
              <div className="p-4 max-md:p-3">
                <EquityChart points={points} quote={quote} />
              </div>
            )
          }
        </Answer>
      </Card>
      <Answer query={results}>
        {(found) => (
          <>
            <MetricsCard metrics={found.metrics} quote={quote} />
            <MonthsCard months={found.months} />
            <InstrumentsCard instruments={found.instruments} quote={quote} />
          </>
        )}
      </Answer>
      {children}
      <Answer query={results} rows={2}>
        {(found) => <GuardsCard results={found} />}
      </Answer>
    </>
  );
}

/** What the first pair is paid in. */
export const quoteOf = ({ manifest }: RunDetail): string =>
  manifest.run.instruments[0]?.split("-")[2] ?? "";

const EXACTNESS: Readonly<Record<Results["exactness"], string>> = {
  exact: "every state of the pools was replayed",
  recorded: "pools as they were observed",
  modelled: "liquidity is modelled over candles",
};

function Figures({
  results: { metrics, exactness },
  quote,
}: {
  readonly results: Results;
  readonly quote: string;
}): ReactNode {
  return (
    <div className="grid grid-cols-2 gap-4 max-md:gap-3 lg:grid-cols-4">
      <Figure
        name="Total return"
        value={<Return value={metrics.total_return} />}
        note={
          <>
            buy and hold <Return value={metrics.buy_and_hold} />
          </>
        }
      />
      <Figure
        name="Deepest drawdown"
        value={<Metric name="max_drawdown" value={metrics.max_drawdown} />}
        note="from a peak of equity"
      />
      <Figure
        name="Sharpe"
        value={<Metric name="sharpe" value={metrics.sharpe} />}
        note={metrics.sharpe === null ? "too little to say" : "of daily returns, a year"}
      />
      <Figure
        name="End equity"
        value={
          <>
            <Metric name="end_equity" value={metrics.end_equity} />{" "}
            <span className="text-sm font-normal text-text3">{quote}</span>
          </>
        }
        note={EXACTNESS[exactness]}
      />
    </div>
  );
}
