import { describe, expect, it } from "vitest";
import type { SignalDocument } from "../generated/contracts";
import { loadOf, openSignals, STAGES } from "./pipeline";
import { goldenSignals } from "./signal_golden";

const SIGNALS = goldenSignals().map(({ document }): SignalDocument => JSON.parse(document));
const [OPEN] = SIGNALS.filter(({ state }) => state === "received");
if (!OPEN) throw new Error("no recorded signal is open");
const SINCE_MS = Date.parse(OPEN.last_event_time);

const signal = (changes: Partial<SignalDocument>): SignalDocument => ({ ...OPEN, ...changes });
const idsOf = (open: ReturnType<typeof openSignals>): readonly string[] =>
  open.map(({ signal: { signal_id } }) => signal_id);

describe("signals on their way", () => {
  it("are those that have not ended", () => {
    const states = openSignals(SIGNALS, SINCE_MS).map(({ stage }) => stage);
    expect([...states].sort()).toEqual(["enriched", "evaluated", "received"]);
  });

  it("come with the stuck ones first, and then those that wait longest", () => {
    const justNow = new Date(SINCE_MS + STAGES.received.allowedMs).toISOString();
    const open = openSignals(
      [
        signal({ signal_id: "new", last_event_time: justNow }),
        signal({ signal_id: "judged", state: "enriched" }),
        signal({ signal_id: "stuck" }),
      ],
      SINCE_MS + STAGES.received.allowedMs + 1,
    );
    expect(idsOf(open)).toEqual(["stuck", "judged", "new"]);
    expect(open.map(({ isStuck }) => isStuck)).toEqual([true, false, false]);
    expect(loadOf(open)).toEqual([
      { stage: "received", count: 2, stuck: 1, longestMs: 5_001 },
      { stage: "enriched", count: 1, stuck: 0, longestMs: 5_001 },
      { stage: "evaluated", count: 0, stuck: 0, longestMs: null },
    ]);
  });

  it("may wait at the desk for a person until they expire, and are stuck soon after", () => {
    const atDesk = signal({ state: "evaluated" });
    const expiresMs = Date.parse(atDesk.expires_at);
    const [before] = openSignals([atDesk], expiresMs);
    const [after] = openSignals([atDesk], expiresMs + STAGES.evaluated.allowedMs + 1);
    expect([before?.isStuck, after?.isStuck]).toEqual([false, true]);
  });
});
