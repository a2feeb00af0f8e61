import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { IntentDocument, PlatformEvent } from "../generated/contracts";
import { goldenHistories } from "../model/golden";
import { goldenSignal } from "../model/signal_golden";
import { MAX_DOCUMENTS } from "./documents";
import type { EventFrame } from "./frames";
import { LiveStore, MAX_FEED_EVENTS, type Reading } from "./store";

const GOLDEN = goldenHistories();
const [FIRST] = GOLDEN;
if (!FIRST) throw new Error("there are no golden histories");
const DOCUMENT = JSON.parse(FIRST.intent);

const framesOf = (events: readonly PlatformEvent[]): readonly EventFrame[] =>
  events.map((event, index) => ({ ...event, streamSequence: index + 1 }));

const NOBODY = { history: vi.fn(), document: vi.fn() };

const storeOf = (intents: Partial<Reading<IntentDocument>>): LiveStore =>
  new LiveStore({ intents: { ...NOBODY, ...intents }, signals: NOBODY });

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("the page's store", () => {
  it("puts the newest intents first, wherever they come from", () => {
    const store = storeOf({});
    for (const golden of GOLDEN.slice(0, 8)) store.events(framesOf(golden.events));
    store.merge(GOLDEN.slice(8).map(({ intent }) => JSON.parse(intent)));
    const ids = [...new Set(GOLDEN.map(({ intent }) => JSON.parse(intent).intent_id))];
    expect(store.use.getState().order).toEqual(ids.sort().reverse());
  });

  it("reads a history again until the ledger has caught up with the stream", async () => {
    const history = vi
      .fn<(id: string) => Promise<readonly PlatformEvent[]>>()
      .mockRejectedValueOnce(new Error("the gateway is away"))
      .mockResolvedValueOnce(FIRST.events.slice(0, 1))
      .mockResolvedValue(FIRST.events);
    const store = storeOf({ history });
    store.events(framesOf(FIRST.events.slice(2)));
    await vi.runAllTimersAsync();
    expect(history).toHaveBeenCalledTimes(3);
    expect(store.documents.get(DOCUMENT.intent_id)?.version).toBe(DOCUMENT.version);
    expect(store.documents.get(DOCUMENT.intent_id)?.state).toBe(DOCUMENT.state);
  });

  it("reads what was open again after a gap, and says that there was one", async () => {
    const intent = vi.fn().mockResolvedValue(DOCUMENT);
    const store = storeOf({ document: intent });
    store.events(framesOf(FIRST.events.slice(0, 1)));
    store.gap({ type: "gap", from: 2, to: 9, reason: "expired", stream: "s" });
    await vi.runAllTimersAsync();
    expect(intent).toHaveBeenCalledExactlyOnceWith(DOCUMENT.intent_id);
    expect(store.documents.get(DOCUMENT.intent_id)).toEqual(DOCUMENT);
    expect(store.use.getState().gaps).toHaveLength(1);
  });

  it("calls those who watch a history, with its events only", () => {
    const store = storeOf({});
    const watcher = vi.fn();
    const unwatch = store.watch(DOCUMENT.correlation_id, watcher);
    const others = GOLDEN.slice(1, 3).flatMap(({ events }) => events);
    store.events(framesOf([...others, ...FIRST.events]));
    expect(watcher.mock.calls[0]?.[0]).toHaveLength(FIRST.events.length);
    unwatch();
    store.events(framesOf(FIRST.events));
    expect(watcher).toHaveBeenCalledTimes(1);
  });

  it("keeps what any part of the page shows, and forgets the oldest of the others", () => {
    const store = storeOf({});
    const ids = Array.from({ length: MAX_DOCUMENTS + 3 }, (_, at) => `${at}`.padStart(26, "0"));
    const [first = "", second = "", third = "", fourth = ""] = ids;
    store.show(new Set([first]));
    const unshow = store.show(new Set([second]));
    store.show(new Set([third]));
    unshow();
    store.merge(ids.map((intent_id) => ({ ...DOCUMENT, intent_id })));
    const kept = [first, second, third, fourth].map((id) => store.documents.get(id) !== undefined);
    expect(kept).toEqual([true, false, true, false]);
  });

  it("keeps the newest events of the feed and counts the rest", () => {
    const store = storeOf({});
    const [event] = framesOf(FIRST.events);
    if (!event) throw new Error("the history is empty");
    const many = Array.from({ length: MAX_FEED_EVENTS + 5 }, (_, at) => ({
      ...event,
      streamSequence: at,
    }));
    store.events(many);
    expect(store.feed.latest(2).map((one) => one.streamSequence)).toEqual([
      MAX_FEED_EVENTS + 4,
      MAX_FEED_EVENTS + 3,
    ]);
    expect(store.feed.size).toBe(MAX_FEED_EVENTS);
    expect(store.feed.dropped).toBe(5);
  });
});

describe("signals in the store", () => {
  const { events, document } = goldenSignal("submitted");
  const signal = JSON.parse(document);

  it("stand beside intents, and are told of at once with them", () => {
    const store = storeOf({});
    const told = vi.fn();
    store.use.subscribe(told);
    store.events(framesOf([...FIRST.events, ...events]));
    expect(told).toHaveBeenCalledTimes(1);
    expect(store.use.getState().order).toEqual([DOCUMENT.intent_id]);
    expect(store.use.getState().signalOrder).toEqual([signal.signal_id]);
    expect({ ...store.signals.get(signal.signal_id), incarnation: signal.incarnation }).toEqual(
      signal,
    );
  });

  it("are read again where their beginning is missing", async () => {
    const history = vi.fn().mockResolvedValue(events);
    const signals = { ...NOBODY, history };
    const store = new LiveStore({ intents: NOBODY, signals });
    store.events(framesOf(events.slice(3)));
    await vi.runAllTimersAsync();
    expect(history).toHaveBeenCalledExactlyOnceWith(signal.signal_id);
    expect(store.signals.get(signal.signal_id)?.state).toBe("concluded");
    expect(NOBODY.history).not.toHaveBeenCalled();
  });

  it("keep the newer of what was read and what was told", () => {
    const store = storeOf({});
    store.events(framesOf(events));
    store.mergeSignals([{ ...signal, version: 1, state: "received" }]);
    expect(store.signals.get(signal.signal_id)?.state).toBe("concluded");
  });
});
