/** Where somebody was in the list, so that the way back from an intent leads there. */
import type { IntentFilter } from "./filter";
import type { Listing } from "./listing";

export interface Place {
  readonly filter: IntentFilter;
  readonly listing: Listing;
  /** What time spans are counted from; the list does not slide while somebody is in it. */
  readonly sinceMs: number | null;
  scrollTop: number;
  /** The intent that was opened. */
  opened: string | null;
}

let last: Place | null = null;

export const lastPlace = (): Place | null => last;

/** The place of before, if the filter is the same; else the one that is made. */
export function placeFor(filter: IntentFilter, make: () => Place): Place {
  if (last === null || JSON.stringify(last.filter) !== JSON.stringify(filter)) last = make();
  return last;
}
