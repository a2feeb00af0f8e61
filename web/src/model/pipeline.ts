/**
 * The signals that are on their way: which stage each waits for, and which of them are stuck.
 *
 * A stage begins where the event before it was recorded. What a stage is given is several times what
 * it takes when all is well: more than that needs somebody. The desk may wait for a person until the
 * signal expires, so there the time counts from then.
 */
import type { SignalDocument, SignalState } from "../generated/contracts";

export type OpenState = Extract<SignalState, "received" | "enriched" | "evaluated">;

export interface StageWords {
  readonly name: string;
  /** What is being done in it, and by whom. */
  readonly meaning: string;
  readonly role: string;
  /** How long it may take, or outlast its signal, before that counts as stuck, in milliseconds. */
  readonly allowedMs: number;
}

/** In the order in which a signal passes them. */
export const STAGES: Readonly<Record<OpenState, StageWords>> = {
  received: {
    name: "Enrich",
    meaning: "The enricher puts it beside the market, or rejects it.",
    role: "enricher",
    allowedMs: 5_000,
  },
  enriched: {
    name: "Judge",
    meaning: "The models are asked side by side, each until its deadline.",
    role: "evaluator",
    allowedMs: 15_000,
  },
  evaluated: {
    name: "Conclude",
    meaning: "The desk concludes from the answers, or waits for a person's.",
    role: "desk or a person",
    allowedMs: 5_000,
  },
};

export const OPEN_STATES = Object.keys(STAGES) as readonly OpenState[];

export interface OpenSignal {
  readonly signal: SignalDocument;
  readonly stage: OpenState;
  /** How long it has been in its stage. */
  readonly waitedMs: number;
  readonly isStuck: boolean;
  /** Until it may not be decided any more; negative when that is over. */
  readonly leftMs: number;
}

export interface StageLoad {
  readonly stage: OpenState;
  readonly count: number;
  readonly stuck: number;
  /** How long the one that waits longest has waited; null where none does. */
  readonly longestMs: number | null;
}

const isOpenState = (state: SignalState): state is OpenState => state in STAGES;

/** The signals that have not ended: those that are stuck first, and of each the oldest first. */
export function openSignals(
  signals: Iterable<SignalDocument>,
  nowMs: number,
): readonly OpenSignal[] {
  const open: OpenSignal[] = [];
  for (const signal of signals) {
    if (!isOpenState(signal.state)) continue;
    const stage = signal.state;
    const waitedMs = Math.max(0, nowMs - Date.parse(signal.last_event_time));
    const leftMs = Date.parse(signal.expires_at) - nowMs;
    const late = stage === "evaluated" ? -leftMs : waitedMs;
    open.push({ signal, stage, waitedMs, leftMs, isStuck: late > STAGES[stage].allowedMs });
  }
  return open.sort(
    (left, right) => Number(right.isStuck) - Number(left.isStuck) || right.waitedMs - left.waitedMs,
  );
}

/** How much waits in each stage. */
export const loadOf = (open: readonly OpenSignal[]): readonly StageLoad[] =>
  OPEN_STATES.map((stage) => {
    const own = open.filter((one) => one.stage === stage);
    return {
      stage,
      count: own.length,
      stuck: own.filter(({ isStuck }) => isStuck).length,
      longestMs: own.length === 0 ? null : Math.max(...own.map(({ waitedMs }) => waitedMs)),
    };
  });
