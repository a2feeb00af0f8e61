/** How much of a limit is used. */
import type { ReactNode } from "react";
import { TONES } from "./parts";

const FULL = 100;
const NEAR = 80;

/** `value` and `limit` are decimals; `shown` says the same with units, such as "$1,200 of $5,000". */
export function Meter({
  name,
  value,
  limit,
  shown,
}: {
  readonly name: string;
  readonly value: string;
  readonly limit: string;
  readonly shown: string;
}): ReactNode {
  const used = usedPercent(value, limit);
  const tone = TONES[used > FULL ? "bad" : used >= NEAR ? "warn" : "run"];
  return (
    // biome-ignore lint/a11y/useSemanticElements: the bar of <meter> looks different in each browser
    <div
      role="meter"
      aria-label={name}
      aria-valuemin={0}
      aria-valuemax={FULL}
      aria-valuenow={Math.min(used, FULL)}
      aria-valuetext={shown}
      title={shown}
      className="h-1.5 min-w-12 overflow-hidden rounded-full bg-line"
    >
      <div
        className={`h-full rounded-full bg-current ${tone}`}
        style={{ width: `${Math.min(used, FULL)}%` }}
      />
    </div>
  );
}

/** For the bar's width alone, which a number is exact enough for. A limit of zero is used up. */
export function usedPercent(value: string, limit: string): number {
  const [used, all] = [Math.abs(Number(value)), Number(limit)];
  if (all > 0) return (used / all) * FULL;
  return used > 0 ? FULL + 1 : FULL;
}
