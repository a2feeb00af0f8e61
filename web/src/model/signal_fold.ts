/**
 * Folds the history of a signal into its document.
 *
 * The table is generated from the server's, and the rules are those of `signal_history.py`.
 */
import type { PlatformEvent, Quality, SignalDocument, SignalState } from "../generated/contracts";
import { SIGNAL, SIGNAL_TOPICS } from "../generated/lifecycles";

/** The document of a history. `version` is the sequence of the last event folded in. */
export interface FoldedSignal {
  readonly incarnation: string;
  readonly version: number;
  readonly signal: SignalDocument | null;
}

type Of<Topic extends PlatformEvent["topic"]> = Extract<PlatformEvent, { topic: Topic }>;

export const noSignalFolded = (incarnation: string): FoldedSignal => ({
  incarnation,
  version: 0,
  signal: null,
});

export function foldSignal(events: Iterable<PlatformEvent>, incarnation: string): FoldedSignal {
  let folded = noSignalFolded(incarnation);
  for (const event of events) folded = evolveSignal(folded, event);
  return folded;
}

/** An event that the lifecycle forbids changes nothing and is counted. */
export function evolveSignal(folded: FoldedSignal, event: PlatformEvent): FoldedSignal {
  const { incarnation, signal } = folded;
  const version = event.sequence;
  const state = nextState(signal, event);
  if (state === null) {
    const illegal = signal && {
      ...signal,
      version,
      illegal_events: (signal.illegal_events ?? 0) + 1,
    };
    return { incarnation, version, signal: illegal };
  }
  if (event.topic === "signal.received") {
    return { incarnation, version, signal: opened(event, incarnation) };
  }
  const following = signal && {
    ...signal,
    version,
    state,
    last_event_time: event.timestamp,
    ...newsOf(signal, event),
  };
  return { incarnation, version, signal: following };
}

/** The state an event leads to; null where it is of another signal, or forbidden. */
function nextState(signal: SignalDocument | null, event: PlatformEvent): SignalState | null {
  if (!SIGNAL_TOPICS.has(event.topic)) return null;
  const { signalId } = event.payload as { readonly signalId?: string };
  if (event.correlationId !== `signal-${signalId}`) return null;
  const current = signal?.state ?? null;
  const trigger = triggerOf(event);
  const found = SIGNAL.transitions.find(([from, by]) => from === current && by === trigger);
  return found?.[2] ?? null;
}

/** What expired or was declined ends in a state of its own. */
function triggerOf(event: PlatformEvent): string {
  if (event.topic !== "decision.concluded") return event.topic;
  const { outcome } = event.payload;
  return outcome === "expired" || outcome === "declined"
    ? `${event.topic} (${outcome})`
    : event.topic;
}

function opened(event: Of<"signal.received">, incarnation: string): SignalDocument {
  const { signalId, terms } = event.payload;
  const { signal } = terms;
  return {
    incarnation,
    version: event.sequence,
    state: "received",
    source: signal.source,
    symbol: signal.symbol,
    signal_id: signalId,
    correlation_id: event.correlationId,
    event_type: signal.event_type,
    signal_direction: signal.signal_direction,
    entry_price: signal.entry_price,
    size: signal.size,
    liquidation_price: signal.liquidation_price ?? null,
    ts_utc: signal.ts_utc,
    instrument: instrumentOf(terms.assets),
    strategy_id: terms.strategy_id,
    received_at: terms.received_at,
    expires_at: terms.expires_at,
    last_event_time: event.timestamp,
    evaluated_at: null,
    enrichment: null,
    decisions: [],
    refusal: null,
    conclusion: null,
    illegal_events: 0,
  };
}

type Terms = Of<"signal.received">["payload"]["terms"];

const instrumentOf = ([base, quote]: Terms["assets"]): string =>
  `${base.chain}-${base.symbol}-${quote.symbol}`;

function newsOf(signal: SignalDocument, event: PlatformEvent): Partial<SignalDocument> {
  switch (event.topic) {
    case "signal.enriched":
      return { enrichment: enrichmentOf(event) };
    case "decision.made":
      return { decisions: [...(signal.decisions ?? []), decisionOf(event)] };
    case "signal.evaluated":
      return { evaluated_at: event.timestamp };
    case "signal.rejected": {
      const { reason, measured = null, limit = null, detail = null } = event.payload;
      return { refusal: { reason, measured, limit, detail } };
    }
    case "decision.concluded":
      return { conclusion: conclusionOf(event) };
    default:
      return {};
  }
}

function enrichmentOf({ timestamp, payload }: Of<"signal.enriched">) {
  const { features } = payload;
  return {
    enriched_at: timestamp,
    profile_id: payload.profileId,
    mid_price: features.mid_price,
    entry_drift_bps: features.entry_drift_bps,
    signal_age_ms: features.signal_age_ms,
    is_clean: isClean(features.quality),
  };
}

export const isClean = (quality: Quality | undefined): boolean =>
  Object.values(quality ?? {}).every((flags) => flags.length === 0);

const decisionOf = ({ eventId, payload }: Of<"decision.made">) => ({
  decision_id: eventId,
  model: payload.model,
  role: payload.role,
  status: payload.status,
  decision: payload.answer.decision,
  confidence_pct: payload.answer.confidence_pct,
  latency_ms: payload.usage.latency_ms,
});

function conclusionOf({ payload }: Of<"decision.concluded">) {
  const { arithmetic } = payload;
  return {
    outcome: payload.outcome,
    mode: payload.mode,
    policy_id: payload.policyId,
    reason: payload.reason ?? null,
    detail: payload.detail ?? null,
    score: arithmetic.score ?? null,
    threshold: arithmetic.threshold ?? null,
    intent_id: payload.intentId ?? null,
    concluded_at: payload.concludedAt,
  };
}
