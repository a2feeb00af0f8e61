/** Looks up where an event leads in the lifecycles, as the server's `transitions.py` does. */
import type {
  IntentDocument,
  IntentState,
  PlanDocument,
  PlanStatus,
  PlatformEvent,
  StepState,
} from "../generated/contracts";
import {
  EXECUTION_TOPICS,
  type Guard,
  INTENT,
  INTENT_TOPICS,
  type Lifecycle,
  PLAN,
  STEP,
  STEP_TOPICS,
} from "../generated/lifecycles";

/** The states an allowed event leads to; null for a lifecycle that it does not concern. */
export interface NextStates {
  readonly intent: IntentState;
  readonly plan: PlanStatus | null;
  readonly step: StepState | null;
}

interface Facts {
  readonly riskApproved: boolean;
  readonly inFlight: boolean;
  readonly everyStepFilled: boolean;
}

interface Names {
  readonly intentId?: string;
  readonly planId?: string;
  readonly stepIndex?: number;
}

const HOLDS: Readonly<Record<Guard, (facts: Facts) => boolean>> = {
  "": () => true,
  "risk approved": (facts) => facts.riskApproved,
  "nothing in flight": (facts) => !facts.inFlight,
  "in flight until this proof": (facts) => facts.inFlight,
  "every step filled": (facts) => facts.everyStepFilled,
};

const triggersOf = <S extends string>(lifecycle: Lifecycle<S>): ReadonlySet<string> =>
  new Set(lifecycle.transitions.map(([, trigger]) => trigger));

const PLAN_TRIGGERS = triggersOf(PLAN);
const STEP_TRIGGERS = triggersOf(STEP);

/** Null when any lifecycle the event concerns forbids it. */
export function findNextStates(
  intent: IntentDocument | null,
  plan: PlanDocument | null,
  event: PlatformEvent,
): NextStates | null {
  if (!belongs(event, intent, plan)) return null;
  const trigger = triggerOf(event);
  const facts = factsOf(intent, plan);
  const state = next(INTENT, intent?.state ?? null, trigger, facts);
  if (state === null) return null;
  if (!PLAN_TRIGGERS.has(trigger) || (plan === null && event.topic !== "plan.created")) {
    return { intent: state, plan: null, step: null };
  }
  const status = next(PLAN, plan?.status ?? null, trigger, facts);
  if (status === null) return null;
  if (!STEP_TRIGGERS.has(trigger)) return { intent: state, plan: status, step: null };
  const before = plan === null ? null : (plan.steps[stepIndex(plan, event)]?.state ?? null);
  const step = next(STEP, before, trigger, facts);
  return step === null ? null : { intent: state, plan: status, step };
}

/** The index of the step an event names, else of the first step that is not filled. */
export function stepIndex(plan: PlanDocument, event: PlatformEvent): number {
  const named = namesOf(event).stepIndex;
  if (named !== undefined) return named;
  const unfilled = plan.steps.findIndex((step) => step.state !== "filled");
  return unfilled < 0 ? plan.steps.length - 1 : unfilled;
}

function next<S extends string>(
  lifecycle: Lifecycle<S>,
  state: S | null,
  trigger: string,
  facts: Facts,
): S | null {
  for (const [source, by, target, guard] of lifecycle.transitions) {
    if (source === state && by === trigger) return HOLDS[guard](facts) ? target : null;
  }
  return null;
}

function belongs(
  event: PlatformEvent,
  intent: IntentDocument | null,
  plan: PlanDocument | null,
): boolean {
  const names = namesOf(event);
  if (!INTENT_TOPICS.has(event.topic)) return false;
  if (event.correlationId !== `intent-${names.intentId}`) return false;
  if (intent !== null && names.intentId !== intent.intent_id) return false;
  if (EXECUTION_TOPICS.has(event.topic) && names.planId !== plan?.plan_id) return false;
  if (!STEP_TOPICS.has(event.topic) || plan === null) return true;
  return names.stepIndex !== undefined && names.stepIndex < plan.steps.length;
}

function factsOf(intent: IntentDocument | null, plan: PlanDocument | null): Facts {
  return {
    riskApproved: typeof intent?.summary.notional_usd === "string",
    inFlight: intent?.in_flight != null,
    everyStepFilled: plan?.steps.every((step) => step.state === "filled") ?? false,
  };
}

function triggerOf(event: PlatformEvent): string {
  const distinction = caseOf(event);
  return distinction ? `${event.topic} (${distinction})` : event.topic;
}

function caseOf(event: PlatformEvent): string {
  switch (event.topic) {
    case "exec.step_filled":
      return event.payload.final ? "final" : "partial";
    case "exec.failed":
      return event.payload.proof;
    case "intent.cancelled":
      return event.payload.proof ?? "";
    default:
      return "";
  }
}

const namesOf = (event: PlatformEvent): Names => event.payload as Names;
