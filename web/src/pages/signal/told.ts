/** What the events of a signal's history say, by stage. */
import type {
  DecisionConcluded,
  DecisionMadeEvent,
  PlatformEvent,
  SignalEnriched,
  SignalEvaluated,
} from "../../generated/contracts";

type Topic = PlatformEvent["topic"];
type Of<Name extends Topic> = Extract<PlatformEvent, { topic: Name }>;

export interface Told {
  readonly enriched: SignalEnriched | null;
  readonly decisions: readonly DecisionMadeEvent[];
  readonly evaluated: SignalEvaluated | null;
  readonly concluded: DecisionConcluded | null;
}

export function toldBy(events: readonly PlatformEvent[]): Told {
  return {
    enriched: first(events, "signal.enriched")?.payload ?? null,
    decisions: all(events, "decision.made"),
    evaluated: first(events, "signal.evaluated")?.payload ?? null,
    concluded: first(events, "decision.concluded")?.payload ?? null,
  };
}

const all = <Name extends Topic>(events: readonly PlatformEvent[], topic: Name) =>
  events.filter((event): event is Of<Name> => event.topic === topic);

const first = <Name extends Topic>(events: readonly PlatformEvent[], topic: Name) =>
  all(events, topic)[0];
