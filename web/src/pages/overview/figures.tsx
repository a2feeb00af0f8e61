/** The four figures that say how it goes. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { INTENT } from "../../generated/lifecycles";
import type { StatsDocument } from "../../generated/rest";
import { count, percent } from "../../model/format";
import { countOf } from "../../model/stats";
import { STATES } from "../../model/words";
import { Figure } from "../../ui/parts";
import type { IntentFilter } from "../intents/filter";
import { listSpan, type Span } from "./window";

const REFUSED = "risk_rejected,plan_rejected,failed,expired";

export function Figures({
  stats,
  span,
}: {
  readonly stats: StatsDocument;
  readonly span: Span;
}): ReactNode {
  const completed = countOf(stats.by_state, "completed");
  const refused = countOf(stats.by_state, "risk_rejected", "plan_rejected");
  const failed = countOf(stats.by_state, "failed");
  const expired = countOf(stats.by_state, "expired");
  return (
    <div className="grid grid-cols-2 gap-4 max-md:gap-3 lg:grid-cols-4">
      <Figure
        name="Completed"
        value={
          <ListLink search={{ state: "completed", ...listSpan(span) }}>{count(completed)}</ListLink>
        }
        note={`of ${count(stats.intents)}${stats.truncated ? " counted, the newest" : " submitted"}`}
      />
      <Figure
        name="Success"
        value={stats.success_rate === null ? "–" : percent(stats.success_rate, 1)}
        note={stats.success_rate === null ? "nothing has ended yet" : "of those not cancelled"}
      />
      <OpenFigure stats={stats} />
      <Figure
        name="Refused, failed, expired"
        value={
          <ListLink search={{ state: REFUSED, ...listSpan(span) }}>
            {count(refused + failed + expired)}
          </ListLink>
        }
        note={`${count(refused)} refused · ${count(failed)} failed · ${count(expired)} expired`}
      />
    </div>
  );
}

const OPEN = STATES.filter((state) => !INTENT.terminal.has(state)).join(",");

function OpenFigure({ stats }: { readonly stats: StatsDocument }): ReactNode {
  const { open, in_flight, open_truncated } = stats;
  return (
    <Figure
      name="Open now"
      value={
        <ListLink search={{ state: OPEN }}>
          {count(open)}
          {open_truncated ? "+" : ""}
        </ListLink>
      }
      note={
        in_flight > 0 ? (
          <Link to="/intents" search={{ unknown: true }} className="text-unknown hover:underline">
            ? {count(in_flight)} with unknown outcome
          </Link>
        ) : (
          "no outcome is unknown"
        )
      }
    />
  );
}

function ListLink({
  search,
  children,
}: {
  readonly search: IntentFilter;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Link to="/intents" search={search} className="hover:text-accent">
      {children}
    </Link>
  );
}
