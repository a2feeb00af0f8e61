/** Open histories by the state that their last event led to. */
import type { IntentState, SignalState } from "../../generated/contracts";
import { INTENT, type Lifecycle, SIGNAL } from "../../generated/lifecycles";
import { lookOfSignalState } from "../signal_words";
import { type Look, lookOfState } from "../words";
import type { OpenFlowsThen } from "./contract";

/** The state after an event; null for a kind without one, or where the topic does not tell it. */
export function lookOfFlow({ kind, last_topic }: OpenFlowsThen): Look | null {
  if (kind === "intent") {
    const state = onlyTarget<IntentState>(INTENT, last_topic);
    return state === null ? null : lookOfState(state);
  }
  if (kind !== "signal") return null;
  const state = onlyTarget<SignalState>(SIGNAL, last_topic);
  return state === null ? null : lookOfSignalState(state);
}

function onlyTarget<State extends string>(
  { transitions }: Lifecycle<State>,
  topic: string,
): State | null {
  const targets = new Set(
    transitions.flatMap(([, trigger, target]) =>
      trigger.split(/[ :(]/)[0] === topic ? [target] : [],
    ),
  );
  const [first] = targets;
  return targets.size === 1 ? (first ?? null) : null;
}

/** How topics of a domain are called together, such as everything of `exec.`. */
export function byDomain(
  topics: Readonly<Record<string, number>>,
): readonly (readonly [domain: string, topics: readonly (readonly [string, number])[]])[] {
  const groups = new Map<string, (readonly [string, number])[]>();
  for (const entry of Object.entries(topics)) {
    const domain = entry[0].split(".")[0] ?? entry[0];
    groups.set(domain, [...(groups.get(domain) ?? []), entry]);
  }
  return [...groups].sort(([left], [right]) => left.localeCompare(right));
}
