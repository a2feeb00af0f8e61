import { expect, test } from "vitest";
import type { PlatformEvent } from "../../generated/contracts";
import { barsPerSecond, furthest, percentDone, secondsLeft, withEvents } from "./progress";

const ID = "01MCC5RM000000000000000001";

/** An event of the run as far as progress reads it. */
const event = (
  topic: string,
  sequence: number,
  second: number,
  payload: Readonly<Record<string, unknown>>,
): PlatformEvent =>
  ({
    topic,
    sequence,
    correlationId: `backtest-${ID}`,
    timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
    payload: { runId: ID, ...payload },
  }) as unknown as PlatformEvent;

const requested = event("backtest.requested", 1, 0, { manifest: { bars_total: 1_000 } });
const slice = (sequence: number, second: number, bars: number): PlatformEvent =>
  event("backtest.progressed", sequence, second, {
    barsProcessed: bars,
    barsTotal: 1_000,
    state: { trades: bars / 10, equity: "10001.5" },
  });
const completed = event("backtest.completed", 4, 9, {
  barsProcessed: 1_000,
  metrics: { trades: 100, end_equity: "10002" },
});

const after = (...events: readonly PlatformEvent[]) => {
  const found = withEvents(new Map(), events).get(ID);
  if (found === undefined) throw new Error("nothing was folded");
  return found;
};

test("a run goes on from slice to slice", () => {
  const progress = after(requested, slice(2, 1, 250), slice(3, 3, 750));
  expect(progress).toMatchObject({
    status: "running",
    bars: 750,
    barsTotal: 1_000,
    trades: 75,
    equity: "10001.5",
  });
  expect(barsPerSecond(progress)).toBe(250);
  expect(secondsLeft(progress)).toBe(1);
});

test("nothing is said about the speed before two slices are done", () => {
  expect(barsPerSecond(after(requested, slice(2, 1, 250)))).toBeNull();
  expect(secondsLeft(after(requested))).toBeNull();
});

test("what comes twice or late changes nothing", () => {
  const told = withEvents(new Map(), [requested, slice(2, 1, 250), slice(3, 3, 750)]);
  expect(withEvents(told, [slice(2, 1, 250), requested])).toBe(told);
  expect(withEvents(told, [event("intent.expired", 9, 9, {})])).toBe(told);
});

test("an end is an end, however it came", () => {
  expect(after(requested, slice(2, 1, 250), completed)).toMatchObject({
    status: "completed",
    bars: 1_000,
    trades: 100,
    equity: "10002",
  });
  expect(after(event("backtest.failed", 2, 1, {})).status).toBe("failed");
  expect(after(event("backtest.cancelled", 2, 1, {})).status).toBe("cancelled");
});

test("the further of what was read and what was told counts", () => {
  const running = { status: "running", bars: 500, barsTotal: 1_000 } as const;
  expect(furthest(running, undefined)).toBe(running);
  expect(furthest(running, after(requested))).toEqual(running);
  expect(furthest(running, after(requested, slice(2, 1, 750))).bars).toBe(750);
  const over = { status: "cancelled", bars: 500, barsTotal: 1_000 } as const;
  expect(furthest(over, after(requested, slice(2, 1, 750)))).toBe(over);
});

test("a hundred percent is shown of what is done alone", () => {
  expect(percentDone(999, 1_000)).toBe(99);
  expect(percentDone(1_000, 1_000)).toBe(100);
  expect(percentDone(0, 0)).toBe(0);
});
