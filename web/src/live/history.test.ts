import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PlatformEvent } from "../generated/contracts";
import { goldenHistories } from "../model/golden";
import { HEALING_MS, LiveHistory, LOOKING_MS } from "./history";
import { Refusal, Unreachable } from "./rest";

const GOLDEN = goldenHistories();

const refusal = (status: number): Refusal =>
  new Refusal(
    {
      type: "",
      title: "",
      status,
      detail: "",
      instance: "",
      code: "INTENT_NOT_FOUND",
      request_id: "",
      errors: [],
    },
    null,
  );

/** A ledger that is as long as the test says, and a store that knows some version. */
class Platform {
  readings = 0;
  length = 0;
  version = 0;
  failure: Error | null = null;

  constructor(readonly events: readonly PlatformEvent[]) {}

  readonly history = async (): Promise<readonly PlatformEvent[]> => {
    this.readings += 1;
    if (this.failure) throw this.failure;
    return this.events.slice(0, this.length);
  };

  readonly knownVersion = (): number => this.version;
}

function begun(events: readonly PlatformEvent[]): [Platform, LiveHistory] {
  const platform = new Platform(events);
  return [platform, new LiveHistory(platform)];
}

const [golden] = GOLDEN;
if (!golden) throw new Error("there are no recorded histories");
const { events: EVENTS } = golden;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a history of which events are missing", () => {
  it("reads the ledger until the hole is closed", async () => {
    const [platform, history] = begun(EVENTS);
    history.start();
    history.add(EVENTS.slice(2));
    await vi.advanceTimersByTimeAsync(0);
    expect(history.reading().events).toEqual([]);
    platform.length = 1;
    await vi.advanceTimersByTimeAsync(HEALING_MS);
    expect(history.reading().events).toEqual(EVENTS.slice(0, 1));
    platform.length = 2;
    await vi.advanceTimersByTimeAsync(HEALING_MS);
    expect(history.reading().events).toEqual(EVENTS);
    const { readings } = platform;
    await vi.advanceTimersByTimeAsync(10 * LOOKING_MS);
    expect(platform.readings).toBe(readings);
  });

  it("is read again when a document is further than it", async () => {
    const [platform, history] = begun(EVENTS);
    platform.length = 2;
    history.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(history.reading().events).toHaveLength(2);
    platform.length = EVENTS.length;
    platform.version = EVENTS.length;
    history.look();
    await vi.advanceTimersByTimeAsync(HEALING_MS);
    expect(history.reading().events).toEqual(EVENTS);
  });

  it("waits for its first event", async () => {
    const [platform, history] = begun(EVENTS);
    history.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(history.reading()).toEqual({ finding: "found", events: [] });
    platform.length = EVENTS.length;
    await vi.advanceTimersByTimeAsync(LOOKING_MS);
    expect(history.reading().events).toEqual(EVENTS);
  });
});

describe("a history that cannot be read", () => {
  it("is unknown when the gateway says so, and looked for again", async () => {
    const [platform, history] = begun(EVENTS);
    platform.failure = refusal(404);
    history.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(history.reading().finding).toBe("unknown");
    platform.failure = null;
    platform.length = EVENTS.length;
    await vi.advanceTimersByTimeAsync(LOOKING_MS);
    expect(history.reading()).toEqual({ finding: "found", events: EVENTS });
  });

  it.each([new Unreachable("away"), refusal(503)])("is not unknown for that", async (failure) => {
    const [platform, history] = begun(EVENTS);
    platform.failure = failure;
    history.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(history.reading().finding).toBe("unreachable");
  });

  it("keeps what it has", async () => {
    const [platform, history] = begun(EVENTS);
    platform.failure = new Unreachable("away");
    history.start();
    history.add(EVENTS);
    await vi.advanceTimersByTimeAsync(LOOKING_MS);
    expect(history.reading()).toEqual({ finding: "found", events: EVENTS });
  });
});

it("asks for nothing once the page is left", async () => {
  const [platform, history] = begun(EVENTS);
  history.start();
  history.stop();
  await vi.advanceTimersByTimeAsync(10 * LOOKING_MS);
  expect(platform.readings).toBe(1);
});

it("has the envelopes of the ledger, whatever the stream adds to them", () => {
  const [, history] = begun(EVENTS);
  history.add(EVENTS.map((event, at) => ({ ...event, streamSequence: at + 1 })));
  expect(JSON.stringify(history.reading().events)).toBe(JSON.stringify(EVENTS));
});

describe.each(GOLDEN)("$name", ({ events }) => {
  it("is whole in the end, however its events arrive", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.constantFrom(...events)), { maxLength: 4 }),
        fc.nat({ max: events.length }),
        async (batches, early) => {
          const [platform, history] = begun(events);
          platform.length = early;
          history.start();
          for (const batch of batches) {
            history.add(batch);
            await vi.advanceTimersByTimeAsync(HEALING_MS / 2);
          }
          platform.length = events.length;
          platform.version = events.length;
          history.look();
          await vi.advanceTimersByTimeAsync(LOOKING_MS + HEALING_MS);
          history.stop();
          expect(history.reading().events).toEqual(events);
        },
      ),
      { numRuns: 10 },
    );
  });
});
