import { expect, it } from "vitest";
import type { SignalDocument } from "../generated/contracts";
import { entryWords, stopWords } from "./plans";
import { goldenSignals } from "./signal_golden";
import { bpsPercent, lookOfSignal, lookOfStatus, pairOf, wishOfSignal } from "./signal_words";

it("says of a concluded signal what was concluded, and of any other how far it is", () => {
  const words = goldenSignals().map(({ name, document }) => [
    name,
    lookOfSignal(JSON.parse(document)).word,
  ]);
  expect(Object.fromEntries(words)).toEqual({
    ...{ submitted: "Submitted", observed: "Observed", declined: "Declined", expired: "Expired" },
    ...{ no_quorum: "No quorum", not_actionable: "Not actionable", ignored: "Ignored" },
    ...{ drifted: "Rejected", waiting: "At the desk", judging: "Being judged" },
    received: "Received",
  });
});

it("tells what we decided ourselves from what failed outside", () => {
  expect(lookOfStatus("ok").tone).toBe("ok");
  expect(lookOfStatus("budget_exhausted").tone).toBe("warn");
  expect(lookOfStatus("timeout").tone).toBe("bad");
});

it("cuts basis points, and never rounds them up", () => {
  expect(["200", "8.96295", "-0.663399", "0.001", "0"].map(bpsPercent)).toEqual([
    ...["2\u202f%", "0.0896\u202f%", "\u22120.0066\u202f%", "<0.0001\u202f%", "0\u202f%"],
  ]);
});

it("writes what a signal and a model want in words", () => {
  const short = { signal_direction: "close_short", size: "1.250", symbol: "BTC" } as SignalDocument;
  expect(wishOfSignal(short)).toBe("Close short 1.25 BTC");
  expect(pairOf("ethereum-WETH-USDC")).toBe("WETH/USDC");
  expect(entryWords({ type: "market", offset_bps: 0 })).toBe("at the market");
  expect(entryWords({ type: "limit", offset_bps: -5 })).toBe("limit 0.05\u202f% below");
  expect(stopWords({ stop_method: "atr", atr_multiple: "1.50" })).toBe("1.5 \u00d7 ATR");
  expect(stopWords({ stop_method: "trailing" })).toBe("trailing");
});
