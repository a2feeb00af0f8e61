import { describe, expect, it } from "vitest";
import type { Calibration, CallSummary, ModelDocument, Score } from "../generated/rest";
import {
  failuresOf,
  horizonsOf,
  judgementOf,
  microUsd,
  newestScore,
  pointsOf,
  promptRows,
  roleOf,
  shareOf,
  totalsOf,
  wilson,
} from "./models";

const calls = (changes: Partial<CallSummary>): CallSummary => ({
  ...{ model: "m", prompt_version: "v1", vendor: "openai", role: "voting", calls: 10 },
  ...{ by_status: { ok: 10 }, error_share: 0, last_at: "2026-11-28T00:00:00.000Z" },
  ...changes,
});

/** Bins of 80 outcomes each. */
const calibration = (...bins: readonly (readonly [said: string, seen: string])[]): Calibration => ({
  outcomes: 80 * bins.length,
  paid: 0,
  bins: bins.map(([said, seen]) => ({ from_pct: 50, to_pct: 60, outcomes: 80, said, seen })),
});

const score = (changes: Partial<Score>): Score => ({
  ...{ model: "m", prompt_version: "v1", horizon_seconds: 3_600 },
  ...{ last_at: "2026-11-28T00:00:00.000Z", calibration: calibration(["0.6", "0.6"]) },
  ...changes,
});

const model = (changes: Partial<ModelDocument>): ModelDocument => ({
  ...{ model: "m", prompts: [], calibration: [] },
  ...changes,
});

describe("what a model costs", () => {
  it("is written in full where it is less than a cent, and cut above", () => {
    expect([0, 712, 9_999, 10_000, 2_499_999].map(microUsd)).toEqual([
      ...["$0.00", "$0.000712", "$0.009999", "$0.01", "$2.49"],
    ]);
  });

  it("counts all prompts, and takes no unknown price for nothing", () => {
    const prompts = [
      calls({ cost_microusd: 5, by_status: { ok: 7, timeout: 2, unanswered: 1 } }),
      calls({ prompt_version: "v2", cost_microusd: null }),
    ];
    expect(totalsOf(model({ prompts }))).toEqual({
      ...{ calls: 20, ended: 19, answered: 17, costMicrousd: 5 },
    });
    expect(totalsOf(model({ prompts: [calls({})] })).costMicrousd).toBeNull();
  });
});

it("makes no share of nothing", () => {
  expect(shareOf(0, 0)).toBe("–");
  expect(shareOf(1, 3)).toBe("33.3\u202f%");
});

it("names failures with the most frequent first, and what has not ended is none", () => {
  const by_status = { ok: 5, timeout: 1, refused: 3, truncated: 0, unanswered: 9 };
  expect(failuresOf(calls({ by_status }))).toEqual([
    { status: "refused", count: 3 },
    { status: "timeout", count: 1 },
  ]);
});

describe("the prompts of a model", () => {
  const later = "2026-11-29T00:00:00.000Z";
  const asked = model({
    prompts: [calls({}), calls({ prompt_version: "v2", role: "shadow", last_at: later })],
    calibration: [
      score({}),
      score({ prompt_version: "v0", last_at: "2026-10-01T00:00:00.000Z" }),
      score({ prompt_version: "v2", last_at: later, horizon_seconds: 14_400 }),
    ],
  });

  it("come with the newest first, and those that were only scored as well", () => {
    expect(promptRows(asked, 3_600).map(({ version }) => version)).toEqual(["v2", "v1", "v0"]);
    expect(promptRows(asked, 3_600).map(({ score: one }) => one === null)).toEqual([
      ...[true, false, false],
    ]);
    expect(roleOf(asked)).toBe("shadow");
  });

  it("are scored at the horizon that is looked at", () => {
    expect(horizonsOf([asked, model({})])).toEqual([3_600, 14_400]);
    expect(newestScore(asked, 3_600)).toBeNull();
    expect(newestScore(asked, 14_400)?.prompt_version).toBe("v2");
    expect(newestScore(model({}), undefined)).toBeNull();
  });
});

describe("a calibration curve", () => {
  it("has the interval of Wilson around each point", () => {
    // Newcombe, Two-sided confidence intervals for the single proportion (1998), table I.
    const [low, high] = wilson(81 / 263, 263);
    expect([low.toFixed(4), high.toFixed(4)]).toEqual(["0.2553", "0.3662"]);
    const [none] = wilson(0, 20);
    expect(none).toBe(0);
    expect(wilson(0, 20)[1].toFixed(4)).toBe("0.1611");
  });

  it("weighs its points against the largest", () => {
    const [small, large] = [
      { from_pct: 50, to_pct: 60, outcomes: 20, said: "0.55", seen: "0.5" },
      { from_pct: 60, to_pct: 70, outcomes: 80, said: "0.65", seen: "0.6" },
    ];
    const points = pointsOf({ outcomes: 100, paid: 58, bins: [small, large] });
    expect(points.map(({ weight }) => weight)).toEqual([0.25, 1]);
  });

  it.each([
    ["It is as often right as it says.", calibration(["0.55", "0.5"])],
    ["It is surer than it may be.", calibration(["0.9", "0.5"])],
    ["It is right more often than it says.", calibration(["0.3", "0.5"])],
    ["Its confidence says little.", calibration(["0.9", "0.5"], ["0.3", "0.5"])],
    ["Too few to judge: 12 of 30 have come due.", { outcomes: 12, paid: 7 }],
  ])("says: %s", (words, given) => {
    expect(judgementOf(given)).toBe(words);
  });
});
