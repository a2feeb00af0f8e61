/** Runs, the newest first: how far they are, and what came of them. */
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useAsk } from "../../live/use_ask";
import { usePages } from "../../live/use_pages";
import { RUN_TOPICS, useProgress } from "../../live/use_runs";
import { grouped } from "../../model/backtests/sweeps";
import { Page } from "../../ui/page";
import { Pages } from "../../ui/pages";
import { Card, Empty } from "../../ui/parts";
import { Choices } from "./choices";
import { columnsOf } from "./columns";
import { isFiltered, queryOf, type RunFilter } from "./search";
import { SweepCard } from "./sweep_card";

const route = getRouteApi("/backtests");

export function BacktestsPage(): ReactNode {
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const choose = (chosen: RunFilter): void => void navigate({ search: chosen });
  const [picked, pick] = useState<readonly string[]>([]);
  const told = useProgress();
  const params = useParams(filter.sweep);
  const read = usePages("GET /backtests", { query: queryOf(filter) }, RUN_TOPICS);
  const rows =
    read.rows && (filter.sweep === undefined ? grouped(read.rows) : ungrouped(read.rows));
  return (
    <Page title="Backtests" aside={<Actions picked={picked} />}>
      {filter.sweep !== undefined && <SweepCard id={filter.sweep} />}
      <Card title={filter.sweep === undefined ? "Runs" : "Runs of a sweep"}>
        <Choices filter={filter} choose={choose} seen={read.rows ?? []} />
        <Pages
          read={{ ...read, rows }}
          label="Runs, the newest first"
          columns={columnsOf({
            told,
            params,
            picked,
            toggle: (id) => pick((before) => toggled(before, id)),
          })}
          keyOf={({ id }) => id}
          empty={<Nothing filter={filter} choose={choose} />}
        />
      </Card>
    </Page>
  );
}

/** What tells the runs of a sweep apart, once its table is made. */
function useParams(sweep: string | undefined): ReadonlyMap<string, string> {
  const path = { sweep_id: sweep ?? "" };
  const { data } = useAsk("GET /sweeps/{sweep_id}", { path }, { isEnabled: sweep !== undefined });
  const trials = data?.table?.trials ?? [];
  return new Map(
    trials.map(({ run_id, params }) => [
      run_id,
      Object.entries(params)
        .map(([name, value]) => `${name} ${String(value)}`)
        .join(", "),
    ]),
  );
}

type Runs = Parameters<typeof grouped>[0];

const ungrouped = (runs: Runs): ReturnType<typeof grouped> =>
  runs.map((run) => ({ kind: "run", id: run.run_id, run }));

const MOST_COMPARED = 2;

/** A third one takes the place of the one that was picked first. */
const toggled = (picked: readonly string[], id: string): readonly string[] =>
  picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id].slice(-MOST_COMPARED);

function Actions({ picked }: { readonly picked: readonly string[] }): ReactNode {
  const { data } = useAsk("GET /platform");
  const [a, b] = picked;
  return (
    <>
      {a !== undefined && b !== undefined ? (
        <Link to="/backtests/compare" search={{ a, b }} className="button">
          Compare the two
        </Link>
      ) : (
        <button type="button" className="button" disabled title="Tick two runs to compare them">
          Compare{picked.length === 1 && ": tick one more"}
        </button>
      )}
      {data?.caller.scopes.includes("trade") && (
        <Link to="/backtests/new" className="button button-primary">
          New run
        </Link>
      )}
    </>
  );
}

function Nothing({
  filter,
  choose,
}: {
  readonly filter: RunFilter;
  readonly choose: (filter: RunFilter) => void;
}): ReactNode {
  if (!isFiltered(filter)) {
    return (
      <Empty title="No run yet">
        Import candles with <code className="mono">tradewind data import</code>, then start a run
        here or with <code className="mono">tradewind backtest run</code>.
      </Empty>
    );
  }
  return (
    <Empty title="Nothing matches">
      <button type="button" className="button" onClick={() => choose({})}>
        Clear the filter
      </button>
    </Empty>
  );
}
