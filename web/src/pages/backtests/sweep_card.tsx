/** What is to be thought of a sweep: the best of many trials looks better than it is. */
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { ask } from "../../live/rest";
import { useAsk } from "../../live/use_ask";
import { RUN_TOPICS } from "../../live/use_runs";
import type { SweepDocument } from "../../model/backtests/contract";
import { RUN_LOOKS } from "../../model/backtests/look";
import { isRunOver } from "../../model/backtests/progress";
import { count, percent } from "../../model/format";
import { Confirm } from "../../ui/dialog";
import { Fact, Facts } from "../../ui/facts";
import { Badge, Card } from "../../ui/parts";
import { Answer } from "../../ui/query";

export function SweepCard({ id }: { readonly id: string }): ReactNode {
  const query = useAsk(
    "GET /sweeps/{sweep_id}",
    { path: { sweep_id: id } },
    { topics: RUN_TOPICS },
  );
  return (
    <Card title="Sweep" aside={query.data !== undefined && <Cancel sweep={query.data} />}>
      <Answer query={query} rows={2}>
        {(sweep) => <SweepFacts sweep={sweep} />}
      </Answer>
    </Card>
  );
}

function SweepFacts({ sweep }: { readonly sweep: SweepDocument }): ReactNode {
  const { status, trials_total, trials_requested, best_run_id, table, detail } = sweep;
  return (
    <>
      <Facts>
        <Fact name="Status">
          <Badge look={RUN_LOOKS[status]} title={detail ?? ""} />
        </Fact>
        <Fact name="Trials" hint="How many runs there are, and how many of them are asked for">
          {count(trials_requested ?? 0)}
          {trials_total != null && ` of ${count(trials_total)}`}
        </Fact>
        <Fact name="Best run">
          {best_run_id == null ? (
            "not known yet"
          ) : (
            <Link
              to="/backtest/$id"
              params={{ id: best_run_id }}
              className="mono text-accent hover:underline"
            >
              …{best_run_id.slice(-6)}
            </Link>
          )}
        </Fact>
        {table != null && (
          <>
            <Fact
              name="Better than luck"
              hint="How likely the best Sharpe ratio is more than the luck of so many trials"
            >
              <Share of={table} name="deflated_sharpe" />
            </Fact>
            <Fact
              name="Overfitted"
              hint="How often the best of one half of the days is below the median in the other"
            >
              <Share of={table} name="overfitting_probability" />
            </Fact>
            <Fact name="Out of sample" hint="The return of all test windows of a walk forward">
              <Share of={table} name="out_of_sample_return" />
            </Fact>
          </>
        )}
      </Facts>
      {detail != null && <p className="mono px-4 pb-3 break-words text-text2">{detail}</p>}
    </>
  );
}

type Table = NonNullable<SweepDocument["table"]>;

function Share({
  of,
  name,
}: {
  readonly of: Table;
  readonly name: Exclude<keyof Table, "undefined" | "trials">;
}): ReactNode {
  const value = of[name];
  if (value == null) {
    return (
      <span className="text-text3" title={of.undefined[name]}>
        not defined
      </span>
    );
  }
  return (
    <span className="figures" title={value}>
      {percent(value, 1)}
    </span>
  );
}

function Cancel({ sweep }: { readonly sweep: SweepDocument }): ReactNode {
  const { data } = useAsk("GET /platform");
  const [isAsking, setAsking] = useState(false);
  if (isRunOver(sweep.status) || !data?.caller.scopes.includes("trade")) return null;
  const path = { sweep_id: sweep.sweep_id };
  return (
    <>
      <button
        type="button"
        className="button button-danger h-7 px-2"
        onClick={() => setAsking(true)}
      >
        Cancel…
      </button>
      {isAsking && (
        <Confirm
          title="Cancel the sweep"
          verb="Cancel the sweep"
          act={() => ask("POST /sweeps/{sweep_id}/cancel", { path, body: {} })}
          done={<p>No other run of it is begun. Those that are done keep their results.</p>}
          onClose={() => setAsking(false)}
        >
          Runs that have begun stop after their slice.
        </Confirm>
      )}
    </>
  );
}
