/** Why intents were not completed, the most frequent reason first. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { StatsDocument } from "../../generated/rest";
import { count } from "../../model/format";
import { anyReasonOf } from "../../model/reasons";
import { lookOfState } from "../../model/words";
import { Ago } from "../../ui/now";
import { Card, TONES } from "../../ui/parts";
import { listSpan, type Span } from "./window";

const SHOWN = 6;

export function Reasons({
  stats,
  span,
}: {
  readonly stats: StatsDocument;
  readonly span: Span;
}): ReactNode {
  return (
    <Card title="Why not">
      {stats.by_reason.length === 0 ? (
        <p className="p-4 text-text2">
          Nothing was refused, failed, expired or was cancelled in this time.
        </p>
      ) : (
        <ul className="divide-y divide-line text-sm">
          {stats.by_reason.slice(0, SHOWN).map(({ state, reason, count: times, last_at }) => {
            const look = lookOfState(state);
            return (
              <li key={`${state} ${reason}`} className="flex h-9 items-center gap-3 px-4">
                <span aria-hidden="true" className={`w-3 text-center ${TONES[look.tone]}`}>
                  {look.mark}
                </span>
                <Link
                  to="/intents"
                  search={{ state, reason, ...listSpan(span) }}
                  title={anyReasonOf(reason)?.sentence ?? look.word}
                  className="min-w-0 flex-1 truncate hover:text-accent"
                >
                  <span className="mono">{reason}</span>
                </Link>
                <span className="text-xs">
                  <Ago at={last_at} />
                </span>
                <span className="figures w-10 text-right font-medium">{count(times)}</span>
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}
