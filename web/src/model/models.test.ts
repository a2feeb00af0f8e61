import { describe, expect, it } from "vitest";
import {
  type BinDocument,
  type CalibrationDocument,
  calibrationAt,
  failuresOf,
  horizonsOf,
  judgementOf,
  type ModelDocument,
  microUsd,
  type PromptDocument,
  pointsOf,
  shareOf,
  totalsOf,
} from "./models";

const bin = (said: string, right: string, low: string, high: string, count = 80): BinDocument => ({
  ...{ from_pct: 50, to_pct: 60, count, mean_confidence: said },
  ...{ share_right: right, low, high },
});

const calibration = (bins: readonly BinDocument[], scored = 200): CalibrationDocument => ({
  ...{ horizon_seconds: 3_600, scored, brier: "0.24", bins },
});

const prompt = (changes: Partial<PromptDocument>): PromptDocument => ({
  ...{ version: "v1", asked: 10, statuses: { ok: 10 }, tokens_in: 0, tokens_out: 0 },
  ...{ cost_microusd: 5, calibration: [] },
  ...changes,
});

const model = (...prompts: readonly PromptDocument[]): ModelDocument => ({
  ...{ model: "m", vendor: "openai", role: "voting", prompts },
  budget: { day_calls: 0, day_cost_microusd: 0 },
});

describe("what a model costs", () => {
  it("is written in full where it is less than a cent, and cut above", () => {
    expect([0, 712, 9_999, 10_000, 2_499_999].map(microUsd)).toEqual([
      ...["$0.00", "$0.000712", "$0.009999", "$0.01", "$2.49"],
    ]);
  });

  it("counts all prompts, and says where a price is unknown", () => {
    const totals = totalsOf(
      model(prompt({}), prompt({ cost_microusd: null, statuses: { ok: 4 } })),
    );
    expect(totals).toEqual({ asked: 20, answered: 14, costMicrousd: 5, isCostKnown: false });
  });
});

it("makes no share of nothing", () => {
  expect(shareOf(0, 0)).toBe("–");
  expect(shareOf(1, 3)).toBe("33.3\u202f%");
});

it("names failures with the most frequent first", () => {
  const found = failuresOf(prompt({ statuses: { ok: 5, timeout: 1, refused: 3, truncated: 0 } }));
  expect(found).toEqual([
    { status: "refused", count: 3 },
    { status: "timeout", count: 1 },
  ]);
});

it("knows every horizon once, the shortest first", () => {
  const long = { ...calibration([]), horizon_seconds: 14_400 };
  const models = [model(prompt({ calibration: [long, calibration([])] })), model(prompt({}))];
  expect(horizonsOf(models)).toEqual([3_600, 14_400]);
  expect(calibrationAt(models[0]?.prompts[0], 14_400)).toBe(long);
  expect(calibrationAt(undefined, 3_600)).toBeNull();
});

describe("a calibration curve", () => {
  it("has a point for each bin with something in it, weighed against the largest", () => {
    const points = pointsOf(
      calibration([
        bin("0.55", "0.5", "0.4", "0.6", 40),
        bin("0.6", "0", "0", "0", 0),
        bin("0.7", "0.6", "0.5", "0.7"),
      ]),
    );
    expect(points.map(({ said, weight }) => [said, weight])).toEqual([
      [0.55, 0.5],
      [0.7, 1],
    ]);
  });

  it.each([
    ["It is as often right as it says.", [bin("0.55", "0.5", "0.4", "0.6")]],
    ["It is surer than it may be.", [bin("0.9", "0.5", "0.4", "0.6")]],
    ["It is right more often than it says.", [bin("0.3", "0.5", "0.4", "0.6")]],
    [
      "Its confidence says little.",
      [bin("0.9", "0.5", "0.4", "0.6"), bin("0.3", "0.5", "0.4", "0.6")],
    ],
  ])("says: %s", (words, bins) => {
    expect(judgementOf(calibration(bins))).toBe(words);
  });

  it("is not judged by too little", () => {
    expect(judgementOf(calibration([bin("0.9", "0.1", "0", "0.2")], 199))).toContain("Too few");
  });
});
