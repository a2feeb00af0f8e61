/** How far runs are: what was read of them, and what events have told since. */
import type { PlatformEvent } from "../../generated/contracts";
import type { RunStatus } from "./contract";

/** What is known of a run's progress, by the newest event of it. */
export interface Progress {
  readonly status: RunStatus;
  /** Of the newest event. */
  readonly sequence: number;
  readonly bars: number;
  readonly barsTotal: number;
  readonly trades: number;
  readonly equity: string | null;
  /** When the two newest slices were done, and the bars of the older one: the speed is theirs. */
  readonly pace: Pace | null;
}

interface Pace {
  readonly fromMs: number;
  readonly fromBars: number;
  readonly toMs: number;
}

type Told = ReadonlyMap<string, Progress>;

const TOPIC = "backtest.";

export const isOfRun = ({ topic }: Pick<PlatformEvent, "topic">): boolean =>
  topic.startsWith(TOPIC);

/** Fold events into what is known, by run; the same map where none of them says anything new. */
export function withEvents(told: Told, events: Iterable<PlatformEvent>): Told {
  let changed: Map<string, Progress> | null = null;
  for (const event of events) {
    if (!isOfRun(event)) continue;
    const id = event.correlationId.slice(event.correlationId.indexOf("-") + 1);
    const known = (changed ?? told).get(id);
    if (known !== undefined && known.sequence >= event.sequence) continue;
    const after = progressed(known, event);
    if (after === null) continue;
    changed ??= new Map(told);
    changed.set(id, after);
  }
  return changed ?? told;
}

const NOTHING: Progress = {
  status: "queued",
  sequence: 0,
  bars: 0,
  barsTotal: 0,
  trades: 0,
  equity: null,
  pace: null,
};

function progressed(known: Progress = NOTHING, event: PlatformEvent): Progress | null {
  const { sequence } = event;
  switch (event.topic) {
    case "backtest.requested": {
      const { bars_total } = event.payload.manifest;
      return { ...known, sequence, barsTotal: bars_total };
    }
    case "backtest.progressed": {
      const { barsProcessed, barsTotal, state } = event.payload;
      return {
        status: "running",
        sequence,
        bars: barsProcessed,
        barsTotal,
        trades: state.trades,
        equity: state.equity,
        pace: paceOf(known, Date.parse(event.timestamp)),
      };
    }
    case "backtest.completed": {
      const { barsProcessed, metrics } = event.payload;
      return {
        ...known,
        status: "completed",
        sequence,
        bars: barsProcessed,
        trades: metrics.trades,
        equity: metrics.end_equity,
      };
    }
    case "backtest.failed":
      return { ...known, status: "failed", sequence };
    case "backtest.cancelled":
      return { ...known, status: "cancelled", sequence };
    default:
      return null;
  }
}

const paceOf = ({ pace, bars }: Progress, toMs: number): Pace => ({
  fromMs: pace?.toMs ?? toMs,
  fromBars: bars,
  toMs,
});

/** Bars a second between the two newest slices; null before there are two. */
export function barsPerSecond({ pace, bars }: Progress): number | null {
  if (pace === null || pace.toMs <= pace.fromMs) return null;
  return ((bars - pace.fromBars) * 1_000) / (pace.toMs - pace.fromMs);
}

export function secondsLeft(progress: Progress): number | null {
  const speed = barsPerSecond(progress);
  if (speed === null || speed <= 0 || progress.status !== "running") return null;
  return Math.ceil((progress.barsTotal - progress.bars) / speed);
}

/** What is done of a whole, from 0 to 100 and cut; a whole of nothing is not begun. */
export const percentDone = (bars: number, barsTotal: number): number =>
  barsTotal <= 0 ? 0 : Math.min(100, Math.floor((bars * 100) / barsTotal));

const IS_OVER: ReadonlySet<RunStatus> = new Set(["completed", "failed", "cancelled"]);

export const isRunOver = (status: RunStatus): boolean => IS_OVER.has(status);

/** What a run was read as, and as what it goes on. */
interface ReadRun {
  readonly status: RunStatus;
  readonly bars: number;
  readonly barsTotal: number;
}

/** The further of both: a run never goes back, and one that is over stays so. */
export function furthest(read: ReadRun, told: Progress | undefined): ReadRun {
  if (told === undefined || isRunOver(read.status)) return read;
  const bars = Math.max(read.bars, told.bars);
  const isBehind = told.status === "queued" && read.status === "running";
  return {
    status: isBehind ? read.status : told.status,
    bars,
    barsTotal: Math.max(read.barsTotal, told.barsTotal),
  };
}
