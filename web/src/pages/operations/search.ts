/** What of the page is in its address. */
import type { QuarantineReason, State } from "../../generated/rest";
import { QUARANTINE_REASONS } from "./reasons";

export const TAB_KEYS = [
  "roles",
  "dead-letters",
  "quarantine",
  "parked",
  "stalled",
  "events",
] as const;
export type TabKey = (typeof TAB_KEYS)[number];

export const isTab = (text: string): text is TabKey => TAB_KEYS.some((key) => key === text);

/** Dead letters that are open are those that need somebody. */
export type Shown = State | "any";
export const SHOWN = ["open", "retried", "resolved", "any"] as const satisfies readonly Shown[];

/** After how many seconds without an event a history is shown as stalled; 0 is the platform's. */
export const AFTER_SECONDS = [0, 5, 60, 600, 3_600] as const;

export interface OperationsSearch {
  readonly state?: Shown | undefined;
  readonly reason?: QuarantineReason | undefined;
  readonly after?: number | undefined;
  /** What the drawer shows: a number of quarantine, a name of the others. */
  readonly open?: string | number | undefined;
}

const MAX_ID_LENGTH = 200;

/** What is wrong in an address is as if it was not there. */
export function searchOf(given: Readonly<Record<string, unknown>>): OperationsSearch {
  return {
    state: SHOWN.find((state) => state === given.state),
    reason: QUARANTINE_REASONS.find((reason) => reason === given.reason),
    after: AFTER_SECONDS.find((seconds) => seconds > 0 && seconds === Number(given.after)),
    open: opened(given.open),
  };
}

function opened(given: unknown): string | number | undefined {
  if (typeof given === "number") return given;
  const isName = typeof given === "string" && given !== "" && given.length <= MAX_ID_LENGTH;
  return isName ? given : undefined;
}
