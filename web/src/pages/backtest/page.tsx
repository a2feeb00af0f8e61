/** One run: how far it is, what came of it, and how its result can be had again. */
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Refusal } from "../../live/rest";
import { useAsk } from "../../live/use_ask";
import { RUN_TOPICS, useProgress } from "../../live/use_runs";
import type { RunDetail } from "../../model/backtests/contract";
import { FAILURES, nameOfRun, RUN_LOOKS, STATUS_SENTENCES } from "../../model/backtests/look";
import type { Progress } from "../../model/backtests/progress";
import { useKey } from "../../ui/keys";
import { Page } from "../../ui/page";
import { Badge, Copy, Empty } from "../../ui/parts";
import { Notice } from "../../ui/problem";
import { Answer } from "../../ui/query";
import { ProgressBar, statusOf } from "../backtests/progress_bar";
import { Actions } from "./actions";
import { ManifestCard } from "./manifest_card";
import { ResultCards } from "./result_cards";
import type { TradeFilter } from "./search";
import { TradesCard } from "./trades_card";

const route = getRouteApi("/backtest/$id");

export function BacktestPage(): ReactNode {
  const { id } = route.useParams();
  const query = useAsk("GET /backtests/{run_id}", { path: { run_id: id } }, { topics: RUN_TOPICS });
  const told = useProgress().get(id);
  const navigate = route.useNavigate();
  useKey("Escape", "Back to the list", () => void navigate({ to: "/backtests" }));
  useKey("c", "Copy the run's id", () => void navigator.clipboard.writeText(id));
  if (query.error instanceof Refusal && query.error.problem.status === NOT_FOUND) {
    return <Unknown id={id} />;
  }
  return (
    <Answer query={query} rows={8}>
      {(run) => <Known key={id} run={run} told={told} />}
    </Answer>
  );
}

const NOT_FOUND = 404;

const Unknown = ({ id }: { readonly id: string }): ReactNode => (
  <Empty isPage title="No run has this id">
    <p className="mono break-all">{id}</p>
    <Link to="/backtests" className="text-accent underline">
      Go to the list of runs
    </Link>
  </Empty>
);

function Known({
  run,
  told,
}: {
  readonly run: RunDetail;
  readonly told: Progress | undefined;
}): ReactNode {
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const choose = (chosen: TradeFilter): void => void navigate({ search: chosen, replace: true });
  const status = statusOf(run, told);
  return (
    <Page
      title={nameOfRun(run)}
      heading={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Badge look={RUN_LOOKS[status]} title={STATUS_SENTENCES[status]} />
          {nameOfRun(run)}
          <Copy text={run.run_id} what="the run's id">
            <span className="font-normal text-text2">{run.run_id}</span>
          </Copy>
        </span>
      }
      aside={<Actions run={run} status={status} />}
    >
      {(status === "queued" || status === "running") && (
        <section className="card p-4" aria-label="Progress">
          <ProgressBar run={run} told={told} isWide />
        </section>
      )}
      {run.reason != null && <Failed run={run} />}
      {run.status === "completed" && (
        <ResultCards run={run}>
          <TradesCard run={run} filter={filter} choose={choose} />
        </ResultCards>
      )}
      <ManifestCard run={run} />
    </Page>
  );
}

function Failed({ run: { reason, detail, at } }: { readonly run: RunDetail }): ReactNode {
  const sentence = FAILURES[reason ?? ""];
  return (
    <Notice tone="bad" title={sentence ?? "It has no result."} isAlert>
      {detail != null && <p className="mono break-words">{detail}</p>}
      <p className="pt-1 text-xs text-text3">
        <span className="mono">{reason}</span>
        {at != null && <> at {at}</>}
      </p>
    </Notice>
  );
}
