import { expect, test } from "vitest";
import { firstAsked, problemsOf, questionOf, shareOf } from "./question";

const NOW = Date.UTC(2026, 2, 31, 15);

test("a question begins with the newest days and no limit", () => {
  const asked = firstAsked(NOW, 30);
  expect([asked.from, asked.to]).toEqual(["2026-03-02", "2026-03-31"]);
  expect(problemsOf(asked)).toEqual({ limits: "Change one limit at least." });
});

test("a question names the limits that were changed, and whole days", () => {
  const asked = firstAsked(NOW, 1);
  const limits = { ...asked.limits, max_notional_usd: "5000", max_slippage: "0.5" };
  expect(questionOf({ ...asked, limits, strategy: "demo" })).toEqual({
    from: "2026-03-31T00:00:00.000Z",
    to: "2026-04-01T00:00:00.000Z",
    strategy_id: "demo",
    limits: { max_notional_usd: "5000", max_slippage: "0.005" },
  });
});

test("what is wrong is named by its field", () => {
  const asked = firstAsked(NOW, 200);
  const limits = { ...asked.limits, max_notional_usd: "0", max_slippage: "1e2" };
  expect(Object.keys(problemsOf({ ...asked, limits, strategy: "a b" })).sort()).toEqual([
    "max_notional_usd",
    "max_slippage",
    "strategy",
    "to",
  ]);
  expect(problemsOf({ ...asked, from: "2026-04-02", limits }).to).toContain("later");
});

test("a percentage becomes a share without losing a digit", () => {
  expect(["0.5", "12", "0.125", "1"].map(shareOf)).toEqual(["0.005", "0.12", "0.00125", "0.01"]);
});
