/** What the reasons mean for which a message was set aside, and what is to be done about it. */
import {
  DEAD_LETTER_REASONS,
  type QuarantineReason,
  QUARANTINE_REASONS as REFUSED,
  type Reason,
} from "../../generated/reasons";

export interface Advice {
  readonly meaning: string;
  readonly remedy: string;
}

const GIVEN_UP: Readonly<Record<string, Reason | undefined>> = DEAD_LETTER_REASONS;

export const QUARANTINE_REASONS = Object.keys(REFUSED) as readonly QuarantineReason[];

const isRefused = (reason: string): reason is QuarantineReason => reason in REFUSED;

/** What is known of a reason; a newer gateway may have one that this page does not know. */
export function adviceOf(reason: string): Advice | null {
  const known = isRefused(reason) ? REFUSED[reason] : GIVEN_UP[reason];
  return known ? { meaning: known.sentence, remedy: known.advice } : null;
}

/** The same bytes are refused for the same reason again, so only closing helps. */
export const isHopeless = (reason: string): boolean => isRefused(reason);
