import { expect, it } from "vitest";
import { goldenSignal } from "./signal_golden";
import { extentOf, lengthMs, stageBars } from "./signal_stages";

const SUBMITTED = goldenSignal("submitted").events;

it("gives no time to nobody, and each model its own", () => {
  const bars = stageBars(SUBMITTED, true);
  expect(bars.map(({ name }) => name)).toEqual([
    ...["Enrich", "Judge", "baseline", "gemini-flash", "gpt-mini", "haiku", "Conclude"],
  ]);
  const stages = bars.filter(({ isModel }) => !isModel);
  const [from, to] = extentOf(bars, 0);
  expect(stages.reduce((sum, bar) => sum + lengthMs(bar, 0), 0)).toBe(to - from);
  expect(bars.filter(({ isModel }) => isModel).map((bar) => lengthMs(bar, 0))).toEqual([
    1, 884, 1_412, 1_120,
  ]);
});

it("lets the last stage grow until something ends it", () => {
  const waiting = goldenSignal("waiting").events;
  const last = stageBars(waiting, false).at(-1);
  if (!last) throw new Error("there are no stages");
  expect(last).toMatchObject({ name: "Conclude", to: null, tone: "run" });
  expect(lengthMs(last, last.from + 1_234)).toBe(1_234);
});

it("ends with what a rejection cut short", () => {
  const bars = stageBars(goldenSignal("drifted").events, true);
  expect(bars.map(({ name, tone }) => [name, tone])).toEqual([["Enrich", "warn"]]);
});

it("runs in no stage backwards, whatever two clocks say", () => {
  const early = SUBMITTED.map((event) =>
    event.topic === "signal.enriched" ? { ...event, timestamp: "2026-01-01T00:00:00.000Z" } : event,
  );
  expect(stageBars(early, true).every((bar) => lengthMs(bar, 0) >= 0)).toBe(true);
});
