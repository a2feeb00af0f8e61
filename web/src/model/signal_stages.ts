/**
 * Where the time of a signal went: enriching, each model's question, concluding.
 *
 * The models are asked side by side, so their bars begin together; each is as long as its question
 * took by the evaluator's clock.
 */
import type { DecisionMadeEvent, PlatformEvent } from "../generated/contracts";
import { lookOfStatus, VERDICTS } from "./signal_words";
import type { Tone } from "./words";

export interface StageBar {
  readonly key: string;
  readonly name: string;
  /** What is said of it beside its length. */
  readonly words: string;
  readonly isModel: boolean;
  /** Milliseconds of the epoch; `to` is null while it goes on. */
  readonly from: number;
  readonly to: number | null;
  readonly tone: Tone;
}

const TONES: Readonly<Record<string, Tone>> = {
  "signal.rejected": "warn",
  "signal.enriched": "ok",
  "signal.evaluated": "ok",
  "decision.concluded": "ok",
};

export function stageBars(events: readonly PlatformEvent[], isOver: boolean): readonly StageBar[] {
  const at = (topic: PlatformEvent["topic"]): PlatformEvent | undefined =>
    events.find((event) => event.topic === topic);
  const received = at("signal.received");
  if (received === undefined) return [];
  const market = at("signal.enriched") ?? at("signal.rejected");
  const bars = [bar("Enrich", received, market, isOver)];
  if (market?.topic !== "signal.enriched") return bars;
  const evaluated = at("signal.evaluated");
  bars.push(bar("Judge", market, evaluated, isOver));
  for (const event of events) {
    if (event.topic === "decision.made") bars.push(modelBar(event, time(market)));
  }
  if (evaluated !== undefined) {
    bars.push(bar("Conclude", evaluated, at("decision.concluded"), isOver));
  }
  return bars;
}

/** The whole time that bars lie in; it grows while any goes on. */
export function extentOf(bars: readonly StageBar[], nowMs: number): readonly [number, number] {
  const from = Math.min(...bars.map((one) => one.from));
  return [from, Math.max(from + 1, ...bars.map(({ to }) => to ?? nowMs))];
}

export const lengthMs = ({ from, to }: StageBar, nowMs: number): number =>
  Math.max(0, (to ?? nowMs) - from);

function bar(
  name: string,
  before: PlatformEvent,
  end: PlatformEvent | undefined,
  isOver: boolean,
): StageBar {
  const from = time(before);
  // Clocks of two machines may differ by more than a stage takes.
  const to = end === undefined ? (isOver ? from : null) : Math.max(from, time(end));
  const tone = end === undefined ? "run" : (TONES[end.topic] ?? "run");
  return { key: name, name, words: "", isModel: false, from, to, tone };
}

function modelBar({ eventId, payload }: DecisionMadeEvent, from: number): StageBar {
  const { model, status, answer, role, usage } = payload;
  const { word, tone } = status === "ok" ? VERDICTS[answer.decision] : lookOfStatus(status);
  const words = role === "shadow" ? `${word}, shadow` : word;
  const to = from + usage.latency_ms;
  return { key: eventId, name: model, words, isModel: true, from, to, tone };
}

const time = ({ timestamp }: PlatformEvent): number => Date.parse(timestamp);
