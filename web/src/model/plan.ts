/** The document of a plan, as the server's `plan.py` makes it. */
import type {
  InFlight,
  PlanDocument,
  PlanProgress,
  PlatformEvent,
  StepDocument,
  StepState,
} from "../generated/contracts";
import { STEP } from "../generated/lifecycles";
import { type NextStates, stepIndex } from "./transitions";

type PlanCreated = Extract<PlatformEvent, { topic: "plan.created" }>;
type StepChanges = { -readonly [Field in keyof StepDocument]?: StepDocument[Field] };

export function openPlan(event: PlanCreated, incarnation: string): PlanDocument {
  const { payload } = event;
  const steps = payload.steps.map(
    (step, index): StepDocument => ({
      index,
      state: "planned",
      tx_hash: null,
      confirm_by: null,
      amount_in: "0",
      amount_out: "0",
      fills: 0,
      step,
    }),
  );
  return {
    incarnation,
    version: event.sequence,
    status: "created",
    plan_id: payload.planId,
    intent_id: payload.intentId,
    correlation_id: event.correlationId,
    strategy_id: payload.strategyId,
    venue: venueOf(payload),
    created_at: event.timestamp,
    last_event_time: event.timestamp,
    estimated_cost: payload.plan.estimated_cost,
    estimated_duration_ms: payload.plan.estimated_duration_ms,
    risk_score: payload.plan.risk_score,
    steps,
    progress: progressOf(steps),
  };
}

export function advancePlan(
  plan: PlanDocument,
  following: NextStates,
  event: PlatformEvent,
): PlanDocument {
  let { steps, progress } = plan;
  const { step: state } = following;
  if (state !== null && event.topic !== "plan.created") {
    const index = stepIndex(plan, event);
    steps = steps.map((step, at) => (at === index ? advanceStep(step, state, event) : step));
    if (event.topic === "exec.step_filled") progress = progressOf(steps);
  }
  return {
    ...plan,
    version: event.sequence,
    status: following.plan ?? plan.status,
    last_event_time: event.timestamp,
    steps,
    progress,
  };
}

/** The transaction whose outcome is unknown, if there is one. */
export function inFlightOf(plan: PlanDocument): InFlight | null {
  for (const step of plan.steps) {
    const owner = STEP.unknown.get(step.state);
    if (owner && step.confirm_by) {
      return { tx_hash: step.tx_hash ?? "", owner, confirm_by: step.confirm_by };
    }
  }
  return null;
}

function advanceStep(step: StepDocument, state: StepState, event: PlatformEvent): StepDocument {
  const changes: StepChanges = { state };
  switch (event.topic) {
    case "exec.step_signed":
    case "exec.step_submitted":
    case "exec.step_reorged":
      changes.tx_hash = event.payload.txHash;
      changes.confirm_by = event.payload.confirmBy;
      break;
    case "exec.step_filled":
      changes.tx_hash = event.payload.txHash;
      changes.amount_in = sum(step.amount_in, event.payload.amountIn);
      changes.amount_out = sum(step.amount_out, event.payload.amountOut);
      changes.fills = (step.fills ?? 0) + 1;
  }
  if (!STEP.unknown.has(state)) changes.confirm_by = null;
  return { ...step, ...changes };
}

function progressOf(steps: readonly StepDocument[]): PlanProgress {
  return {
    steps_total: steps.length,
    steps_filled: steps.filter((step) => step.state === "filled").length,
    amount_in: steps.reduce((total, step) => sum(total, step.amount_in), "0"),
    amount_out: steps.reduce((total, step) => sum(total, step.amount_out), "0"),
    fills: steps.reduce((total, step) => total + (step.fills ?? 0), 0),
  };
}

function venueOf({ steps }: PlanCreated["payload"]): PlanDocument["venue"] {
  const [first] = steps;
  if (!first) throw new RangeError("a plan has at least one step");
  return first.venue;
}

const sum = (left: string | undefined, right: string | undefined): string =>
  (BigInt(left ?? "0") + BigInt(right ?? "0")).toString();
