/** How a state is shown: a mark, a word and a tone, so that colour never says anything alone. */
import type { IntentDocument, IntentState } from "../generated/contracts";

export type Tone = "idle" | "run" | "ok" | "warn" | "bad" | "unknown" | "off";

export interface Look {
  readonly mark: string;
  readonly word: string;
  readonly tone: Tone;
}

const LOOKS: Readonly<Record<IntentState, Look>> = {
  submitted: { mark: "○", word: "Submitted", tone: "idle" },
  screened: { mark: "◔", word: "Screened", tone: "idle" },
  awaiting_approval: { mark: "◔", word: "Awaiting approval", tone: "warn" },
  accepted: { mark: "◔", word: "Accepted", tone: "idle" },
  planned: { mark: "◑", word: "Planned", tone: "run" },
  executing: { mark: "◕", word: "Executing", tone: "run" },
  completed: { mark: "✓", word: "Completed", tone: "ok" },
  risk_rejected: { mark: "⊘", word: "Refused by risk", tone: "warn" },
  plan_rejected: { mark: "⊘", word: "No plan", tone: "warn" },
  failed: { mark: "✕", word: "Failed", tone: "bad" },
  expired: { mark: "–", word: "Expired", tone: "off" },
  cancelled: { mark: "–", word: "Cancelled", tone: "off" },
};

const UNKNOWN: Look = { mark: "?", word: "Outcome unknown", tone: "unknown" };

export const STATES = Object.keys(LOOKS) as readonly IntentState[];

export const lookOfState = (state: IntentState): Look => LOOKS[state];

/** While a transaction's outcome is unknown nothing else may be said of an intent. */
export const lookOf = (document: IntentDocument): Look =>
  document.in_flight == null ? LOOKS[document.state] : UNKNOWN;
