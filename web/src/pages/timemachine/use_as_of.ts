/** Reads how everything stood, as fast as somebody moves through time and no faster. */
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { ask, Refusal } from "../../live/rest";
import type { AsOf } from "../../model/time/contract";
import { Latest, type Reading } from "../../model/time/latest";

/** Of which copy of the history the answers are that were kept. */
let incarnation: string | undefined;

async function read(sequence: number): Promise<AsOf> {
  try {
    const found = await ask("GET /as-of/{sequence}", {
      path: { sequence: String(sequence) },
      query: { incarnation },
    });
    incarnation = found.incarnation;
    return found;
  } catch (error) {
    if (!isRestored(error)) throw error;
    // A restored database: what was kept is of another history.
    incarnation = undefined;
    latest.forget();
    return read(sequence);
  }
}

const RESTORED: string = "INCARNATION_CHANGED";

const isRestored = (error: unknown): boolean =>
  error instanceof Refusal && error.problem.code === RESTORED && incarnation !== undefined;

const latest = new Latest<AsOf>(read);

export function useAsOf(sequence: number): Reading<AsOf> {
  const reading = useSyncExternalStore(latest.subscribe, latest.reading);
  useEffect(() => latest.want(sequence), [sequence]);
  // What another visit to the page has read is not of this place.
  return useMemo(
    () => (reading.answer === null ? { ...reading, isAsking: reading.error === null } : reading),
    [reading],
  );
}

/** The last event that was recorded by a time; its answer is kept. Raises Refusal, Unreachable. */
export async function readAt(time: string): Promise<AsOf> {
  const found = await ask("GET /as-of/{sequence}", { path: { sequence: time } });
  incarnation = found.incarnation;
  latest.keep(found.sequence, found);
  return found;
}
