import { describe, expect, it } from "vitest";
import { isOver } from "../../live/intent_documents";
import { fold } from "../../model/fold";
import { type Golden, goldenHistories } from "../../model/golden";
import { barsOf, lengthMs, rowsOf, type Stage, segmentsOf } from "./stages";

const GOLDEN = goldenHistories();

function goldenCalled(name: string): Golden {
  const found = GOLDEN.find((golden) => golden.name === `${name}.jsonl`);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

const stagesOf = (name: string): readonly Stage[] =>
  rowsOf(segmentsOf(goldenCalled(name).events, true)).map((row) => row.stage);

describe("the stages of", () => {
  it.each<[string, readonly Stage[]]>([
    [
      "staged_chain_acquire",
      ["Submit", "Risk", "Portfolio", "Plan", "Sign", "Send", "Confirm", "Settle"],
    ],
    ["staged_paper_acquire", ["Submit", "Risk", "Portfolio", "Plan", "Send", "Confirm", "Settle"]],
    ["chain_acquire", ["Submit", "Risk", "Plan", "Sign", "Send", "Confirm", "Settle"]],
    ["staged_approval_denied", ["Submit", "Risk", "Portfolio", "Approval"]],
    [
      "staged_approval_given",
      ["Submit", "Risk", "Portfolio", "Approval", "Plan", "Send", "Confirm", "Settle"],
    ],
    ["staged_expired_before_plan", ["Submit", "Risk", "Portfolio", "Plan"]],
    ["staged_chain_insufficient_balance", ["Submit", "Risk", "Portfolio", "Plan", "Sign"]],
    ["risk_slippage_limit", ["Submit", "Risk"]],
  ])("%s are those it came to", (name, stages) => {
    expect(stagesOf(name)).toEqual(stages);
  });
});

it("puts every fill of one step into one row", () => {
  const rows = rowsOf(segmentsOf(goldenCalled("paper_partial_fills").events, true));
  expect(rows.find((row) => row.stage === "Confirm")?.segments).toHaveLength(4);
});

it("calls unknown what nobody knew at its end", () => {
  const unknown = (name: string) =>
    segmentsOf(goldenCalled(name).events, true)
      .filter((segment) => segment.isUnknown)
      .map((segment) => segment.stage);
  expect(unknown("staged_chain_acquire")).toEqual(["Send"]);
  expect(unknown("staged_chain_reorg")).toEqual(["Send", "Confirm"]);
  expect(unknown("paper_partial_fills")).toEqual(["Confirm", "Confirm", "Confirm"]);
  expect(unknown("paper_acquire")).toEqual([]);
});

describe.each(GOLDEN)("$name", ({ events, incarnation }) => {
  it("leaves no time to nobody, wherever it stands", () => {
    for (let length = 1; length <= events.length; length += 1) {
      const seen = events.slice(0, length);
      const { intent } = fold(seen, incarnation);
      if (!intent) throw new Error("the history has no beginning");
      const segments = segmentsOf(seen, isOver(intent));
      expect(segments).toHaveLength(isOver(intent) ? length : length + 1);
      const last = segments.at(-1);
      expect(last?.to === null).toBe(!isOver(intent));
      if (last?.to === null) expect(last.isUnknown).toBe(intent.in_flight !== null);
      for (const [at, segment] of segments.slice(1).entries()) {
        expect(segment.from).toBe(segments[at]?.to);
      }
    }
  });

  it.each([true, false])("fills the whole width (to scale: %s)", (isToScale) => {
    const segments = segmentsOf(events, false);
    const [first] = segments;
    const now = (segments.at(-1)?.from ?? 0) + 5_000;
    const bars = [...barsOf(segments, isToScale, now).values()];
    expect(bars.reduce((sum, bar) => sum + bar.width, 0)).toBeCloseTo(1);
    const total = segments.reduce((sum, segment) => sum + lengthMs(segment, now), 0);
    expect(total).toBe(now - (first?.from ?? 0));
  });
});

it("draws nothing of what took no time", () => {
  const segments = segmentsOf(goldenCalled("paper_acquire").events.slice(0, 1), true);
  expect([...barsOf(segments, true, 0).values()]).toEqual([{ left: 0, width: 0 }]);
});
