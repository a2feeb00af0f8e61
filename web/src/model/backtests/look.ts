/** How the status of a run is shown, and why one failed. */
import type { Look } from "../words";
import type { Outcome, RunDocument, RunStatus } from "./contract";

export const RUN_LOOKS: Readonly<Record<RunStatus, Look>> = {
  queued: { mark: "○", word: "Queued", tone: "idle" },
  running: { mark: "◑", word: "Running", tone: "run" },
  completed: { mark: "✓", word: "Completed", tone: "ok" },
  failed: { mark: "✕", word: "Failed", tone: "bad" },
  cancelled: { mark: "–", word: "Cancelled", tone: "off" },
};

export const STATUS_SENTENCES: Readonly<Record<RunStatus, string>> = {
  queued: "It was asked for; a backtester takes it when one is free.",
  running: "At least one slice is done.",
  completed: "Its result is stored.",
  failed: "It has no result; the reason says why.",
  cancelled: "Somebody stopped it.",
};

export const STATUSES = Object.keys(RUN_LOOKS) as readonly RunStatus[];

export const OUTCOME_LOOKS: Readonly<Record<Outcome, Look>> = {
  filled: { mark: "✓", word: "Filled", tone: "ok" },
  reverted: { mark: "✕", word: "Reverted", tone: "bad" },
  refused: { mark: "⊘", word: "Refused", tone: "warn" },
};

export const OUTCOMES = Object.keys(OUTCOME_LOOKS) as readonly Outcome[];

/** What a failure means, and what to do about it. */
export const FAILURES: Readonly<Record<string, string | undefined>> = {
  LOOKS_AHEAD:
    "Its signals of the past change with what comes later, so it could not be traded. Take what looks at the whole history out of the strategy.",
  STRATEGY_FAILED: "The strategy raised an error. The detail has its last line.",
  STRATEGY_CHANGED:
    "The strategy is not installed any more, or its source is another than when it was asked for. Ask for the run again.",
  DATA_MISSING: "The data is not where it was. Import the dataset again.",
  DATA_CHANGED: "The data is another than when it was asked for. Ask for the run again.",
  ENGINE_CHANGED:
    "The backtester has another version of the engine than when it was asked for. Ask for the run again.",
  INVALID_RUN: "It asks for what the engine cannot do. The detail names the field.",
  INVALID_SIGNALS:
    "The strategy gave signals that cannot be traded: not finite, not in order, or twice at a time.",
  STATE_TOO_LARGE: "What the strategy keeps from bar to bar is larger than 8 KB.",
  TOO_MANY_TRADES: "It trades more often than a run may. Choose less time or fewer signals.",
  WORKER_KILLED: "Its process ended: it wanted more memory or time than it may have.",
  TIME_LIMIT: "It took longer than a run may. Choose less time or larger candles.",
};

export const nameOfRun = ({
  label,
  strategy,
  run_id,
}: Pick<RunDocument, "label" | "strategy" | "run_id">): string =>
  label || `${strategyWord(strategy)} ${run_id.slice(-6)}`;

export const strategyWord = (strategy: string): string =>
  strategy === "recorded" ? "Recorded intents" : strategy;

/** `ethereum-WETH-USDC` is WETH/USDC. */
export const pairOf = (instrument: string): string => instrument.split("-").slice(1).join("/");
