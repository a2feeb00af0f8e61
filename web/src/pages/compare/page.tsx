/** Two runs side by side: where their results differ, from when on, and why. */
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { useAsk } from "../../live/use_ask";
import type { ComparedRuns, EquityPoint, RunDetail } from "../../model/backtests/contract";
import { nameOfRun } from "../../model/backtests/look";
import { PairChart } from "../../ui/charts/pair_chart";
import { Page } from "../../ui/page";
import { Card, Empty } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { quoteOf } from "../backtest/result_cards";
import { FirstDifferenceCard } from "./first_difference";
import { ManifestTable } from "./manifest_table";
import { MetricTable } from "./metric_table";

const route = getRouteApi("/backtests/compare");
const NEVER_AGAIN = { everyMs: 0 } as const;
const POINTS = 500;

export function ComparePage(): ReactNode {
  const { a, b } = route.useSearch();
  if (a === undefined || b === undefined) {
    return (
      <Empty isPage title="Two runs are compared">
        <p>Tick two of them in the list.</p>
        <Link to="/backtests" className="text-accent underline">
          Go to the list of runs
        </Link>
      </Empty>
    );
  }
  return <Compared key={`${a} ${b}`} a={a} b={b} />;
}

function Compared({ a, b }: { readonly a: string; readonly b: string }): ReactNode {
  const navigate = route.useNavigate();
  const compared = useAsk("GET /backtests/compare", { query: { a, b } }, NEVER_AGAIN);
  return (
    <Page
      title="Compare runs"
      aside={
        <button
          type="button"
          className="button"
          onClick={() => void navigate({ search: { a: b, b: a }, replace: true })}
        >
          Swap A and B
        </button>
      }
    >
      <div className="grid gap-4 md:grid-cols-2">
        <RunHead letter="A" id={a} />
        <RunHead letter="B" id={b} />
      </div>
      <Curves a={a} b={b} />
      <Answer query={compared} rows={8}>
        {(found) => <Differences compared={found} a={a} b={b} />}
      </Answer>
    </Page>
  );
}

const Differences = ({
  compared,
  a,
  b,
}: {
  readonly compared: ComparedRuns;
  readonly a: string;
  readonly b: string;
}): ReactNode => (
  <>
    <FirstDifferenceCard
      difference={compared.first_trade}
      isEqual={compared.is_equal}
      a={a}
      b={b}
    />
    <ManifestTable differences={compared.manifest} />
    <MetricTable compared={compared} />
  </>
);

const useRun = (id: string) =>
  useAsk("GET /backtests/{run_id}", { path: { run_id: id } }, NEVER_AGAIN);

const TONES = { A: "bg-run", B: "bg-unknown" } as const;

function RunHead({
  letter,
  id,
}: {
  readonly letter: keyof typeof TONES;
  readonly id: string;
}): ReactNode {
  const query = useRun(id);
  return (
    <section aria-label={`Run ${letter}`} className="card min-w-0 px-4 py-3">
      <Answer query={query} rows={1}>
        {(run) => (
          <div className="flex items-center gap-3">
            <span aria-hidden="true" className={`h-8 w-1 rounded-full ${TONES[letter]}`} />
            <div className="min-w-0">
              <Link
                to="/backtest/$id"
                params={{ id }}
                className="font-medium hover:text-accent hover:underline"
              >
                {letter}: {nameOfRun(run)}
              </Link>
              <p className="truncate text-xs text-text3">{manifestWords(run)}</p>
            </div>
          </div>
        )}
      </Answer>
    </section>
  );
}

function manifestWords({ manifest: { run } }: RunDetail): string {
  const params = "params" in run.strategy ? Object.entries(run.strategy.params ?? {}) : [];
  const words = params.map(([name, value]) => `${name} ${String(value)}`).join(", ");
  return [`${run.from.slice(0, 10)} to ${run.to.slice(0, 10)}`, words].filter(Boolean).join(" · ");
}

function Curves({ a, b }: { readonly a: string; readonly b: string }): ReactNode {
  const query = { points: POINTS };
  const left = useAsk(
    "GET /backtests/{run_id}/equity",
    { path: { run_id: a }, query },
    NEVER_AGAIN,
  );
  const right = useAsk(
    "GET /backtests/{run_id}/equity",
    { path: { run_id: b }, query },
    NEVER_AGAIN,
  );
  const run = useRun(a);
  const quote = useMemo(() => (run.data === undefined ? "" : quoteOf(run.data)), [run.data]);
  return (
    <Card title="Equity of both">
      <Answer query={left} rows={8}>
        {({ points }) => (
          <Answer query={right} rows={8}>
            {(other) => <Both a={points} b={other.points} quote={quote} />}
          </Answer>
        )}
      </Answer>
    </Card>
  );
}

const Both = ({
  a,
  b,
  quote,
}: {
  readonly a: readonly EquityPoint[];
  readonly b: readonly EquityPoint[];
  readonly quote: string;
}): ReactNode => (
  <div className="p-4 max-md:p-3">
    <PairChart a={a} b={b} quote={quote} />
  </div>
);
