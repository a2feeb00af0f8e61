/**
 * Folds the history of an intent into its two documents, intent and plan.
 *
 * The tables are generated from the server's, and the rules are those of `intent_history.py`: the
 * golden histories fold to the same bytes here and there.
 */
import type {
  CriterionResult,
  IntentDocument,
  IntentSummary,
  PlanDocument,
  PlatformEvent,
} from "../generated/contracts";
import { averagePrice, judge } from "./criteria";
import { advancePlan, inFlightOf, openPlan } from "./plan";
import { findNextStates, type NextStates } from "./transitions";

type IntentSubmitted = Extract<PlatformEvent, { topic: "intent.submitted" }>;
type News = Partial<IntentSummary>;

/** The documents of a history. `version` is the sequence of the last event folded in. */
export interface Folded {
  readonly incarnation: string;
  readonly version: number;
  readonly intent: IntentDocument | null;
  readonly plan: PlanDocument | null;
}

export const nothingFolded = (incarnation: string): Folded => ({
  incarnation,
  version: 0,
  intent: null,
  plan: null,
});

export const fold = (events: Iterable<PlatformEvent>, incarnation: string): Folded => {
  let folded = nothingFolded(incarnation);
  for (const event of events) folded = evolve(folded, event);
  return folded;
};

/** An event that the lifecycles forbid changes nothing and is counted. */
export function evolve(folded: Folded, event: PlatformEvent): Folded {
  const following = findNextStates(folded.intent, folded.plan, event);
  if (following === null) return countIllegal(folded, event);
  let { intent, plan } = folded;
  if (event.topic === "intent.submitted") intent = open(event, folded.incarnation);
  if (event.topic === "plan.created") plan = openPlan(event, folded.incarnation);
  if (plan !== null && following.plan !== null) plan = advancePlan(plan, following, event);
  if (intent === null) return countIllegal(folded, event);
  return {
    incarnation: folded.incarnation,
    version: event.sequence,
    intent: advanceIntent(intent, plan, following, event),
    plan,
  };
}

function countIllegal(folded: Folded, event: PlatformEvent): Folded {
  const intent = folded.intent && {
    ...folded.intent,
    version: event.sequence,
    illegal_events: (folded.intent.illegal_events ?? 0) + 1,
  };
  return { ...folded, version: event.sequence, intent };
}

function open(event: IntentSubmitted, incarnation: string): IntentDocument {
  const { intent, intentId, expiresAt } = event.payload;
  return {
    incarnation,
    version: event.sequence,
    state: "submitted",
    intent_id: intentId,
    correlation_id: event.correlationId,
    submitted_at: event.timestamp,
    expires_at: expiresAt,
    last_event_time: event.timestamp,
    latest_plan_id: null,
    in_flight: null,
    summary: summaryOf(intent),
    illegal_events: 0,
  };
}

function summaryOf(intent: IntentSubmitted["payload"]["intent"]): IntentSummary {
  return {
    strategy_id: intent.strategy_id,
    intent_type: intent.intent_type,
    pair: `${intent.assets[0].symbol}/${intent.assets[1].symbol}`,
    amount: intent.amount,
    priority: null,
    notional_usd: null,
    reason: null,
    detail: null,
    amount_in: null,
    amount_out: null,
    average_price: null,
    tx_hash: null,
    criteria: (intent.success_criteria ?? []).map(
      ({ metric, comparison, threshold }): CriterionResult => ({
        metric,
        comparison,
        threshold,
        actual: null,
        met: null,
      }),
    ),
  };
}

function advanceIntent(
  intent: IntentDocument,
  plan: PlanDocument | null,
  following: NextStates,
  event: PlatformEvent,
): IntentDocument {
  const news = newsOf(event, intent, plan);
  return {
    ...intent,
    version: event.sequence,
    state: following.intent,
    last_event_time: event.timestamp,
    latest_plan_id:
      event.topic === "plan.created" ? event.payload.planId : (intent.latest_plan_id ?? null),
    in_flight:
      following.step !== null && plan !== null ? inFlightOf(plan) : (intent.in_flight ?? null),
    summary: news === null ? intent.summary : { ...intent.summary, ...news },
  };
}

/** What an event says about the intent's summary. */
function newsOf(
  event: PlatformEvent,
  intent: IntentDocument,
  plan: PlanDocument | null,
): News | null {
  switch (event.topic) {
    case "risk.screened":
      return { notional_usd: event.payload.notionalUsd, priority: event.payload.priority };
    case "risk.approved":
      return { notional_usd: event.payload.notionalUsd };
    case "intent.accepted":
      return { priority: event.payload.priority };
    case "exec.step_signed":
    case "exec.step_submitted":
      return { tx_hash: event.payload.txHash };
    case "exec.step_filled":
      return plan && fillNews(plan, event.payload.txHash);
    case "exec.completed":
      return plan && { criteria: judge(intent.summary, plan, durationMs(intent, event)) };
    default:
      return endNews(event);
  }
}

function fillNews(plan: PlanDocument, transactionHash: string): News {
  return {
    amount_in: plan.progress.amount_in,
    amount_out: plan.progress.amount_out,
    average_price: averagePrice(plan),
    tx_hash: transactionHash,
  };
}

/** Why an intent ended without all it asked for. */
function endNews(event: PlatformEvent): News | null {
  switch (event.topic) {
    case "risk.rejected":
    case "plan.rejected":
    case "exec.failed":
      return { reason: event.payload.reason, detail: event.payload.detail };
    case "intent.expired":
      return event.payload.detail == null ? null : { detail: event.payload.detail };
    case "intent.cancelled":
      return event.payload.detail == null
        ? null
        : { reason: "CANCELLED", detail: event.payload.detail };
    default:
      return null;
  }
}

const durationMs = (intent: IntentDocument, event: PlatformEvent): number =>
  Date.parse(event.timestamp) - Date.parse(intent.submitted_at);
