/** Runs of a list, those of one sweep together. */
import { compare, parseDecimal } from "../decimal";
import type { RunDocument } from "./contract";
import { isRunOver } from "./progress";

export interface Sweep {
  readonly kind: "sweep";
  readonly id: string;
  readonly runs: readonly RunDocument[];
  readonly done: number;
  /** Of those that have one, the run with the highest Sharpe ratio. */
  readonly best: RunDocument | null;
}

export interface Single {
  readonly kind: "run";
  readonly id: string;
  readonly run: RunDocument;
}

/** In the order of the list; a sweep stands where its first run does. */
export function grouped(runs: readonly RunDocument[]): readonly (Sweep | Single)[] {
  const seen = new Set<string>();
  return runs.flatMap((run): (Sweep | Single)[] => {
    const { sweep_id: id, run_id } = run;
    if (id == null) return [{ kind: "run", id: run_id, run }];
    if (seen.has(id)) return [];
    seen.add(id);
    return [
      sweepOf(
        id,
        runs.filter((one) => one.sweep_id === id),
      ),
    ];
  });
}

export function sweepOf(id: string, runs: readonly RunDocument[]): Sweep {
  const done = runs.filter(({ status }) => isRunOver(status)).length;
  return { kind: "sweep", id, runs, done, best: bestOf(runs) };
}

function bestOf(runs: readonly RunDocument[]): RunDocument | null {
  let best: RunDocument | null = null;
  for (const run of runs) {
    const sharpe = run.summary?.sharpe;
    if (sharpe == null) continue;
    const least = best?.summary?.sharpe;
    if (least == null || compare(parseDecimal(sharpe), parseDecimal(least)) > 0) best = run;
  }
  return best;
}
