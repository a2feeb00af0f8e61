/** How signals and what models say of them are shown: marks, words, tones and sentences. */
import type {
  DecisionStatus,
  Mode,
  Outcome,
  Signal,
  SignalDocument,
  SignalState,
  Verdict,
} from "../generated/contracts";
import { SIGNAL } from "../generated/lifecycles";
import { OUTCOMES } from "../generated/reasons";
import { formatDecimal, parseDecimal } from "./decimal";
import { decimal, exactPercent, percent } from "./format";
import type { Look } from "./words";

const STATE_LOOKS: Readonly<Record<SignalState, Look>> = {
  received: { mark: "○", word: "Received", tone: "idle" },
  enriched: { mark: "◔", word: "Being judged", tone: "run" },
  evaluated: { mark: "◕", word: "At the desk", tone: "run" },
  concluded: { mark: "✓", word: "Concluded", tone: "ok" },
  rejected: { mark: "⊘", word: "Rejected", tone: "warn" },
  expired: { mark: "–", word: "Expired", tone: "off" },
  declined: { mark: "⊘", word: "Declined", tone: "warn" },
};

const OUTCOME_LOOKS: Readonly<Record<Outcome, Look>> = {
  submitted: { mark: "✓", word: "Submitted", tone: "ok" },
  ignored: { mark: "–", word: "Ignored", tone: "off" },
  observed: { mark: "○", word: "Observed", tone: "idle" },
  not_actionable: { mark: "⊘", word: "Not actionable", tone: "warn" },
  no_quorum: { mark: "✕", word: "No quorum", tone: "bad" },
  expired: STATE_LOOKS.expired,
  declined: STATE_LOOKS.declined,
};

export const SIGNAL_STATES = Object.keys(STATE_LOOKS) as readonly SignalState[];

export const lookOfSignalState = (state: SignalState): Look => STATE_LOOKS[state];

export const lookOfOutcome = (outcome: Outcome): Look => OUTCOME_LOOKS[outcome];

/** Of a signal that is concluded it matters what was concluded. */
export const lookOfSignal = ({ state, conclusion }: SignalDocument): Look =>
  state === "concluded" && conclusion != null
    ? OUTCOME_LOOKS[conclusion.outcome]
    : STATE_LOOKS[state];

export const sentenceOfSignal = ({ state, conclusion }: SignalDocument): string =>
  state === "concluded" && conclusion != null
    ? OUTCOMES[conclusion.outcome].sentence
    : SIGNAL.states[state];

export const DIRECTIONS: Readonly<Record<Signal["signal_direction"], string>> = {
  long: "Open long",
  short: "Open short",
  close_long: "Close long",
  close_short: "Close short",
};

export const VERDICTS: Readonly<Record<Verdict, Look>> = {
  FOLLOW_ENTER: { mark: "✓", word: "Follow: enter", tone: "ok" },
  FOLLOW_EXIT: { mark: "✓", word: "Follow: exit", tone: "ok" },
  IGNORE: { mark: "–", word: "Ignore", tone: "off" },
  HOLD: { mark: "–", word: "Hold", tone: "off" },
  TIGHTEN_STOP: { mark: "◔", word: "Tighten the stop", tone: "run" },
};

const STATUS_WORDS: Readonly<Record<DecisionStatus, string>> = {
  ok: "Answered",
  rate_limited: "Rate limited",
  provider_error: "Provider error",
  timeout: "Timed out",
  auth_error: "Key refused",
  budget_exhausted: "Budget used up",
  circuit_open: "Left alone",
  truncated: "Cut off",
  refused: "Refused",
  oversized: "Too large",
  invalid_json: "No JSON",
  invalid_schema: "Wrong form",
  implausible: "Implausible",
};

/** What the platform decided by itself is amber; what failed outside is red. */
const OWN_STATUSES: ReadonlySet<DecisionStatus> = new Set(["budget_exhausted", "circuit_open"]);

export const statusWord = (status: DecisionStatus): string => STATUS_WORDS[status];

export function lookOfStatus(status: DecisionStatus): Look {
  if (status === "ok") return { mark: "✓", word: STATUS_WORDS.ok, tone: "ok" };
  const isOwn = OWN_STATUSES.has(status);
  return { mark: isOwn ? "⊘" : "✕", word: STATUS_WORDS[status], tone: isOwn ? "warn" : "bad" };
}

export const MODES: Readonly<Record<Mode, { readonly word: string; readonly sentence: string }>> = {
  observe: { word: "Observe", sentence: "What is concluded is recorded and never submitted." },
  approve: { word: "Approve", sentence: "A person is asked before an intent is submitted." },
  auto: { word: "Auto", sentence: "What is concluded is submitted at once." },
};

/** Instruments are called chain, base and quote. */
export function pairOf(instrument: string): string {
  const [base, quote] = instrument.split("-").slice(-2);
  return quote === undefined ? instrument : `${base}/${quote}`;
}

const BPS_SCALE = 4;
const BPS_PLACES = 4;

/** Basis points that may have decimals, as a percentage, cut. */
export function bpsPercent(bps: string): string {
  const { digits, scale } = parseDecimal(bps);
  const fraction = formatDecimal({ digits, scale: scale + BPS_SCALE });
  const exact = exactPercent(fraction);
  const cutOff = percent(fraction, BPS_PLACES);
  return exact.length < cutOff.length ? exact : cutOff;
}

/** What a signal asks for, such as "Open long 0.5 ETH". */
export const wishOfSignal = ({
  signal_direction,
  size,
  symbol,
}: Pick<SignalDocument, "signal_direction" | "size" | "symbol">): string =>
  `${DIRECTIONS[signal_direction]} ${decimal(size)} ${symbol}`;
