/** How much waits in each stage of the pipeline, and where it is stuck. */
import type { ReactNode } from "react";
import { count, duration } from "../../model/format";
import { type OpenState, STAGES, type StageLoad } from "../../model/pipeline";
import { Icon } from "../../ui/icons";

export function Pipeline({
  load,
  selected,
  select,
}: {
  readonly load: readonly StageLoad[];
  readonly selected: OpenState | undefined;
  /** Show the signals of one stage only, or of all. */
  readonly select: (stage: OpenState | undefined) => void;
}): ReactNode {
  return (
    <ol aria-label="Stages" className="grid grid-cols-3 gap-4 max-md:gap-2">
      {load.map((stage, place) => (
        <li key={stage.stage} className="relative min-w-0">
          <Stage
            load={stage}
            isSelected={stage.stage === selected}
            toggle={() => select(stage.stage === selected ? undefined : stage.stage)}
          />
          {place < load.length - 1 && (
            <span className="absolute top-1/2 -right-4 -translate-y-1/2 text-text3 max-md:hidden">
              <Icon name="arrow" />
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}

function Stage({
  load: { stage, count: waiting, stuck, longestMs },
  isSelected,
  toggle,
}: {
  readonly load: StageLoad;
  readonly isSelected: boolean;
  readonly toggle: () => void;
}): ReactNode {
  const { name, meaning, role } = STAGES[stage];
  return (
    <button
      type="button"
      title={meaning}
      aria-pressed={isSelected}
      onClick={toggle}
      className="card flex w-full min-w-0 cursor-pointer flex-col gap-1 px-4 py-3 text-left hover:border-edge aria-pressed:border-accent max-md:px-3"
    >
      <span className="flex w-full items-baseline justify-between gap-2 text-xs">
        <span className="font-medium text-text2">{name}</span>
        <span className="truncate text-text3 max-md:hidden">{role}</span>
      </span>
      <span className="figures text-2xl font-semibold max-sm:text-lg">{count(waiting)}</span>
      <span className={`text-xs ${stuck > 0 ? "text-warn" : "text-text3"}`}>
        {stuck > 0
          ? `${count(stuck)} stuck`
          : longestMs === null
            ? "none waits"
            : `longest ${duration(wholeSeconds(longestMs))}`}
      </span>
    </button>
  );
}

/** Ticks are seconds: milliseconds would only flicker. */
const wholeSeconds = (ms: number | null): number => Math.floor((ms ?? 0) / 1_000) * 1_000;
