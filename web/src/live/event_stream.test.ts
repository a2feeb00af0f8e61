import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { goldenHistories } from "../model/golden";
import {
  EventStream,
  FLUSH_MS,
  MAX_BACKOFF_MS,
  MAX_PENDING_EVENTS,
  SILENCE_MS,
  type Standing,
  WATCH_MS,
} from "./event_stream";
import type { EventFrame, Gap } from "./frames";

const STREAM = "2026-11-21T03:18:31.618194+00:00";
const [GOLDEN] = goldenHistories();
if (!GOLDEN) throw new Error("there are no golden histories");
const [EVENT] = GOLDEN.events;

class Socket {
  static readonly opened: Socket[] = [];
  readonly sent: unknown[] = [];
  isClosed = false;
  onopen = (): void => {};
  onmessage = (_: { data: string }): void => {};
  onclose = (): void => {};

  constructor(readonly url: string) {
    Socket.opened.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
  }

  says(frame: object): void {
    this.onmessage({ data: JSON.stringify(frame) });
  }

  accepts(sequence: number): void {
    this.onopen();
    this.says({ type: "subscribed", stream: STREAM, sequence });
  }
}

const newest = (): Socket => {
  const socket = Socket.opened.at(-1);
  if (!socket) throw new Error("nothing was opened");
  return socket;
};

const eventAt = (streamSequence: number): object => ({ ...EVENT, streamSequence });

function follow() {
  const batches: (readonly EventFrame[])[] = [];
  const gaps: Gap[] = [];
  const standings: Standing[] = [];
  const stream = new EventStream("ws://localhost/stream", ["intent.*"], {
    events: (batch) => batches.push(batch),
    gap: (gap) => gaps.push(gap),
    standing: (standing) => standings.push(standing),
  });
  stream.start();
  return { stream, batches, gaps, standing: () => standings.at(-1) };
}

beforeEach(() => {
  vi.useFakeTimers();
  Socket.opened.length = 0;
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible" }));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a page that follows the stream", () => {
  it("begins at the present and hands events over in batches", () => {
    const { batches, standing } = follow();
    newest().accepts(41);
    expect(newest().sent).toEqual([{ action: "subscribe", topics: ["intent.*"] }]);
    expect(standing()?.status).toBe("live");
    newest().says(eventAt(42));
    newest().says(eventAt(43));
    expect(batches).toEqual([]);
    vi.advanceTimersByTime(FLUSH_MS);
    expect(batches.map((batch) => batch.map((one) => one.streamSequence))).toEqual([[42, 43]]);
    expect(standing()?.sequence).toBe(43);
  });

  it("keeps no more than it can bear", () => {
    const { batches } = follow();
    newest().accepts(0);
    for (let at = 1; at <= MAX_PENDING_EVENTS; at += 1) newest().says(eventAt(at));
    expect(batches.map((batch) => batch.length)).toEqual([MAX_PENDING_EVENTS]);
  });

  it("resumes after the last event it has, in the stream that it came from", () => {
    const { batches, standing } = follow();
    newest().accepts(41);
    newest().says(eventAt(42));
    newest().onclose();
    expect(batches).toHaveLength(1);
    expect(standing()).toMatchObject({ status: "offline", sequence: 42 });
    vi.advanceTimersByTime(MAX_BACKOFF_MS);
    expect(Socket.opened).toHaveLength(2);
    newest().accepts(50);
    expect(newest().sent).toEqual([
      { action: "subscribe", topics: ["intent.*"], resumeFrom: { stream: STREAM, sequence: 42 } },
    ]);
    expect(standing()?.status).toBe("catching_up");
    newest().says({ type: "live", stream: STREAM, sequence: 50 });
    expect(standing()).toMatchObject({ status: "live", sequence: 50, offlineSince: null });
  });

  it("says since when it is offline, over several attempts", () => {
    const { standing } = follow();
    newest().accepts(1);
    const since = Date.now();
    newest().onclose();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      vi.advanceTimersByTime(MAX_BACKOFF_MS);
      newest().onclose();
    }
    expect(standing()?.offlineSince).toBe(since);
    expect(Socket.opened.length).toBeGreaterThan(5);
  });

  it("gives up a connection that says nothing", () => {
    follow();
    newest().accepts(1);
    const silent = newest();
    vi.advanceTimersByTime(SILENCE_MS + WATCH_MS + 1);
    expect(silent.isClosed).toBe(true);
    expect(Socket.opened).toHaveLength(2);
  });

  it("looks at the clock when the tab wakes up", () => {
    follow();
    newest().accepts(1);
    vi.setSystemTime(Date.now() + SILENCE_MS + 1);
    document.dispatchEvent(new Event("visibilitychange"));
    vi.advanceTimersByTime(0);
    expect(Socket.opened).toHaveLength(2);
  });

  it("tells a gap after what came before it, and goes on behind it", () => {
    const { batches, gaps } = follow();
    newest().accepts(1);
    newest().says(eventAt(2));
    newest().says({ type: "gap", from: 3, to: 9, reason: "expired", stream: STREAM });
    expect(batches).toHaveLength(1);
    expect(gaps).toHaveLength(1);
    newest().onclose();
    vi.advanceTimersByTime(MAX_BACKOFF_MS);
    newest().onopen();
    expect(newest().sent).toMatchObject([{ resumeFrom: { stream: STREAM, sequence: 9 } }]);
  });

  it("follows the new stream when the broker's store was replaced", () => {
    follow();
    newest().accepts(900);
    const gap = { type: "gap", from: 1, to: 900, reason: "stream_reset", stream: "new" };
    newest().says({ ...gap, sequence: 0 });
    newest().onclose();
    vi.advanceTimersByTime(MAX_BACKOFF_MS);
    newest().onopen();
    expect(newest().sent).toMatchObject([{ resumeFrom: { stream: "new", sequence: 0 } }]);
  });

  it("shows what the gateway refuses", () => {
    const { standing } = follow();
    newest().accepts(1);
    newest().says({ type: "error", code: "INVALID_TOPIC", detail: "no topic matches foo.*" });
    expect(standing()?.refusal).toBe("INVALID_TOPIC: no topic matches foo.*");
  });

  it("hears nothing any more once it was stopped", () => {
    const { stream, batches } = follow();
    newest().accepts(1);
    const socket = newest();
    stream.stop();
    expect(socket.isClosed).toBe(true);
    socket.says(eventAt(2));
    socket.onclose();
    vi.advanceTimersByTime(SILENCE_MS * 2);
    expect(batches).toEqual([]);
    expect(Socket.opened).toHaveLength(1);
  });
});
