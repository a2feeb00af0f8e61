/** How long each part of an intent's way takes, in order. */
import type { ReactNode } from "react";
import type { StageTime, StatsDocument } from "../../generated/rest";
import { count, duration } from "../../model/format";
import { STAGE_WORDS } from "../../model/stats";
import { Card } from "../../ui/parts";

export function Stages({ stats }: { readonly stats: StatsDocument }): ReactNode {
  return (
    <Card
      title="Stages"
      aside={
        <span className="truncate text-xs text-text3">
          newest {count(stats.stages_looked_at)} intents
        </span>
      }
    >
      <ol className="grid grid-cols-7 max-lg:grid-cols-4 max-md:grid-cols-2">
        {[...stats.stages, stats.completion].map((time) => (
          <StageCell key={time.stage} time={time} />
        ))}
      </ol>
    </Card>
  );
}

function StageCell({ time }: { readonly time: StageTime }): ReactNode {
  const { name, meaning } = STAGE_WORDS[time.stage];
  return (
    <li title={meaning} className="min-w-0 px-4 py-3 lg:not-first:border-l lg:border-line">
      <p className="flex items-baseline justify-between gap-2 text-xs text-text2">
        {name}
        <span className="figures text-text3">{count(time.count)}</span>
      </p>
      <p className="figures pt-1 text-lg font-semibold">{seconds(time.p50_seconds)}</p>
      <p className="figures text-xs text-text3">
        {time.p95_seconds === null ? "none yet" : `95 % within ${seconds(time.p95_seconds)}`}
      </p>
    </li>
  );
}

const seconds = (text: string | null): string =>
  text === null ? "–" : duration(Math.round(Number(text) * 1_000));
