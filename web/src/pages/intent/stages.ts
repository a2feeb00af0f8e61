/**
 * Where the time of an intent went: the stages it passed, each beginning where the one before ended.
 *
 * What lies between two events belongs to the stage that was waited for after the first of them, so
 * no time belongs to nobody, and an end that comes early belongs to the stage it cut short.
 */
import type { PlanDocument, PlatformEvent } from "../../generated/contracts";
import { evolve, type Folded, nothingFolded } from "../../model/fold";
import type { Tone } from "../../model/words";

export type Stage =
  | "Submit"
  | "Risk"
  | "Portfolio"
  | "Approval"
  | "Plan"
  | "Sign"
  | "Send"
  | "Confirm"
  | "Settle";

/** Time between two events, in milliseconds of the epoch; `to` is null while it goes on. */
export interface Segment {
  readonly stage: Stage;
  readonly from: number;
  readonly to: number | null;
  /** Whether money may have moved meanwhile, and nobody knew at its end either. */
  readonly isUnknown: boolean;
  readonly tone: Tone;
  /** What ended it; for the stage Submit the event that began everything. */
  readonly event: PlatformEvent | null;
}

export interface StageRow {
  readonly stage: Stage;
  readonly segments: readonly Segment[];
}

export function segmentsOf(events: readonly PlatformEvent[], isOver: boolean): readonly Segment[] {
  const segments: Segment[] = [];
  let folded = nothingFolded("");
  let before: PlatformEvent | null = null;
  let end = 0;
  for (const event of events) {
    const from = before === null ? Date.parse(event.timestamp) : end;
    const wasUnknown = isInFlight(folded);
    const stage = before === null ? "Submit" : stageAfter(before, folded);
    folded = evolve(folded, event);
    // Clocks of two machines may differ by more than an event takes.
    end = Math.max(from, Date.parse(event.timestamp));
    const isUnknown = wasUnknown && isInFlight(folded);
    const tone = isUnknown ? "unknown" : toneOf(event);
    segments.push({ stage, from, to: end, isUnknown, tone, event });
    before = event;
  }
  if (before !== null && !isOver) {
    const isUnknown = isInFlight(folded);
    const tone = isUnknown ? "unknown" : "run";
    const stage = stageAfter(before, folded);
    segments.push({ stage, from: end, to: null, isUnknown, tone, event: null });
  }
  return segments;
}

/** One row for each stage, in the order in which they began. */
export function rowsOf(segments: readonly Segment[]): readonly StageRow[] {
  const rows = new Map<Stage, Segment[]>();
  for (const segment of segments) {
    const row = rows.get(segment.stage);
    if (row) row.push(segment);
    else rows.set(segment.stage, [segment]);
  }
  return [...rows].map(([stage, own]) => ({ stage, segments: own }));
}

export const lengthMs = ({ from, to }: Segment, nowMs: number): number =>
  Math.max(0, (to ?? nowMs) - from);

/** A part of a row's width, from 0 to 1. */
export interface Bar {
  readonly left: number;
  readonly width: number;
}

/**
 * Where each segment lies. To scale a bar is as long as it took; in even steps each is as long as
 * the next, so that two milliseconds can be seen beside twelve seconds.
 */
export function barsOf(
  segments: readonly Segment[],
  isToScale: boolean,
  nowMs: number,
): ReadonlyMap<Segment, Bar> {
  const lengths = segments.map((segment) => (isToScale ? lengthMs(segment, nowMs) : 1));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  let left = 0;
  return new Map(
    segments.map((segment, at) => {
      const width = total === 0 ? 0 : (lengths[at] ?? 0) / total;
      const bar = { left, width };
      left += width;
      return [segment, bar];
    }),
  );
}

const isInFlight = ({ intent }: Folded): boolean => intent?.in_flight != null;

/** What is waited for once an event has happened. */
function stageAfter(event: PlatformEvent, { plan }: Folded): Stage {
  switch (event.topic) {
    case "intent.submitted":
      return "Risk";
    case "risk.screened":
      return "Portfolio";
    case "risk.approval_required":
      return "Approval";
    case "risk.approved":
      return event.producer === "portfolio" ? "Portfolio" : "Risk";
    case "intent.accepted":
      return "Plan";
    case "plan.created":
    case "exec.started":
      return begun(plan);
    case "exec.step_signed":
      return "Send";
    case "exec.step_submitted":
    case "exec.step_reorged":
      return "Confirm";
    case "exec.step_filled":
      return afterFill(event.payload.final, plan);
    default:
      return "Settle";
  }
}

/** The simulated venue has nothing to sign. */
const begun = (plan: PlanDocument | null): Stage => (plan?.venue === "simulated" ? "Send" : "Sign");

function afterFill(isFinal: boolean, plan: PlanDocument | null): Stage {
  if (!isFinal) return "Confirm";
  return plan?.steps.every((step) => step.state === "filled") ? "Settle" : begun(plan);
}

function toneOf({ topic }: PlatformEvent): Tone {
  switch (topic) {
    case "intent.submitted":
      return "idle";
    case "risk.rejected":
    case "plan.rejected":
    case "risk.approval_required":
      return "warn";
    case "exec.failed":
      return "bad";
    case "intent.expired":
    case "intent.cancelled":
      return "off";
    case "exec.step_filled":
    case "exec.completed":
    case "risk.screened":
    case "risk.approved":
    case "intent.accepted":
      return "ok";
    default:
      return "run";
  }
}
