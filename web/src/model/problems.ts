/** What to do about a refusal of the gateway; its own words say what is the case. */
import type { ProblemDocument } from "../generated/rest";

export type ProblemCode = ProblemDocument["code"];

const LOOK_FIRST = "Look whether it was done before you ask again.";
const LOOK_AGAIN = "Look at what is in force now, then decide again.";
const IN_A_MOMENT = "Try again in a moment.";

/** Codes that only a program meets have none. */
const ADVICE: Partial<Readonly<Record<ProblemCode, string>>> = {
  UNAUTHENTICATED: "Sign in with a key.",
  TIMESTAMP_OUTSIDE_WINDOW: "Set the clock of this machine, then sign in again.",
  ACCOUNT_NOT_COVERED: "Sign in with a key for this strategy and portfolio.",
  SCOPE_MISSING: "Sign in with a key that has this scope.",
  ORIGIN_NOT_ALLOWED: "Open this page at the gateway's own address.",
  NOT_FOUND: "Search for its id: it may be something else.",
  INTENT_NOT_FOUND: "Search for its id: it may be that of something else.",
  PLAN_NOT_FOUND: "The intent's page has its plan once there is one.",
  POSITIONS_NOT_FOUND: "Positions are there once the first intent of this strategy is filled.",
  PORTFOLIO_NOT_FOUND: "Choose one of the list of portfolios.",
  CORRELATION_NOT_FOUND: "Search for its id: it may be that of something else.",
  INSTRUMENT_NOT_FOUND: "Choose another pair, or register this one.",
  WALLET_NOT_FOUND: "Choose one of the list of wallets.",
  DEAD_LETTER_NOT_FOUND: "Choose one of the list: this one may have been cleared away.",
  QUARANTINED_NOT_FOUND: "Choose one of the list: this one may have been cleared away.",
  WHATIF_RUNS: "Wait for the answer of the other one.",
  INTENT_FINAL: "Nothing is left to do: its page says how it ended.",
  APPROVAL_DECIDED: "Nothing is left to do: the answer that came first stands.",
  APPROVAL_NOT_AWAITED: "See on the intent's page where it is by now.",
  INSTRUMENT_CONFLICT: LOOK_AGAIN,
  DEAD_LETTER_CLOSED: "See in its record what was done with it already.",
  HISTORY_TOO_LARGE: "Read it page by page: GET /intents/{intent_id}/events.",
  STATE_LOOSENED: "Resume is what allows more; ask for that.",
  POLICY_LOOSENS: "Compare both policies, and say that it may loosen if that is meant.",
  POLICY_CHANGED: LOOK_AGAIN,
  STATE_CHANGED: LOOK_AGAIN,
  VALIDATION_FAILED: "Correct what is named here.",
  INVALID_PARAMETER: "Correct what is named here.",
  IDEMPOTENCY_KEY_USED: "Nothing was submitted. Press the button again.",
  RATE_LIMITED: "Wait, then try again.",
  TOO_MANY_STREAMS: "Close other tabs with this page.",
  INTERNAL_ERROR: `${LOOK_FIRST} The gateway's log has the id of the request.`,
  OVERLOADED: IN_A_MOMENT,
  OUTCOME_UNKNOWN: "Look it up before you submit it again.",
  STORE_UNAVAILABLE: "See in Operations what is away, then try again.",
  CANCEL_UNAVAILABLE: LOOK_FIRST,
  APPROVAL_UNAVAILABLE: LOOK_FIRST,
  INSTRUMENT_UNAVAILABLE: LOOK_FIRST,
  STATE_UNAVAILABLE: LOOK_FIRST,
  LIMITS_UNAVAILABLE: LOOK_FIRST,
  WHATIF_UNAVAILABLE: "Ask for a shorter time or one strategy, or try again in a moment.",
  PREVIEW_UNAVAILABLE: "Submit it without a preview, or try again in a moment.",
  READ_UNAVAILABLE: IN_A_MOMENT,
  REBUILDING: "Wait until it is rebuilt; this page asks again by itself.",
  AUTHENTICATION_UNAVAILABLE: IN_A_MOMENT,
  TOO_MANY_CONNECTIONS: "Close other tabs with this page, then try again.",
  TOO_MANY_CLIENTS: "Close other tabs with this page, then try again.",
};

export const adviceOf = (code: ProblemCode): string | null => ADVICE[code] ?? null;
