import { expect, it } from "vitest";
import type { Arithmetic } from "../generated/contracts";
import { countedRows, scoreFormula, stepsOf } from "./arithmetic";
import { goldenSignal } from "./signal_golden";

function arithmeticOf(name: string): Arithmetic {
  const last = goldenSignal(name).events.at(-1);
  if (last?.topic !== "decision.concluded") throw new Error(`${name} is not concluded`);
  return last.payload.arithmetic;
}

const FOLLOWED = arithmeticOf("submitted");

it("writes out what each vote adds", () => {
  expect(countedRows(FOLLOWED).map(({ model, product, isFor }) => [model, product, isFor])).toEqual(
    [
      ["baseline", "\u22120.02", false],
      ["gpt-mini", "+1.56", true],
      ["gemini-flash", "+0.64", true],
    ],
  );
  expect(countedRows(FOLLOWED).map(({ share }) => share)).toEqual([-0.01, 0.78, 0.32]);
});

it("writes the score as the policy computes it", () => {
  expect(scoreFormula(FOLLOWED)).toBe(
    "(1 \u00d7 (\u22120.02) + 2 \u00d7 0.78 + 1 \u00d7 0.64) / (1 + 2 + 1) = 0.545",
  );
});

it("says what was compared, and what failed", () => {
  const failed = (arithmetic: Arithmetic) =>
    stepsOf(arithmetic, "ETH")
      .filter(({ passed }) => passed === false)
      .map(({ name }) => name);
  expect(failed(FOLLOWED)).toEqual([]);
  expect(failed(arithmeticOf("ignored"))).toEqual(["Score", "Agreement"]);
  expect(failed(arithmeticOf("no_quorum"))).toEqual(["Quorum"]);
});

it("counts a score that is the threshold as reached", () => {
  const [, score] = stepsOf({ ...FOLLOWED, score: "0.50", threshold: "0.5" }, "ETH");
  expect(score).toMatchObject({ name: "Score", passed: true });
});

it("makes no score of nothing", () => {
  const none = arithmeticOf("no_quorum");
  expect(scoreFormula(none)).toBeNull();
  expect(countedRows(none)).toEqual([]);
  expect(stepsOf(none, "ETH")).toHaveLength(1);
});

it("says the amount with what cut it", () => {
  const amount = stepsOf(FOLLOWED, "ETH").find(({ name }) => name === "Amount");
  expect(amount?.words).toBe("0.25 ETH, cut by the policy's limit");
});
