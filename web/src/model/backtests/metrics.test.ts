import { expect, test } from "vitest";
import { METRIC_GROUPS, METRIC_NAMES, metricText, signOf, whyUndefined } from "./metrics";

test("every metric stands in one group", () => {
  const grouped = METRIC_GROUPS.flatMap(({ names }) => names);
  expect([...grouped].sort()).toEqual([...METRIC_NAMES].sort());
});

test("a metric is written in its unit, and cut", () => {
  expect(metricText("total_return", "0.123456")).toBe("12.34\u202f%");
  expect(metricText("sharpe", "-1.239")).toBe("\u22121.23");
  expect(metricText("end_equity", "10123.456")).toBe("10,123.45");
  expect(metricText("turnover", "12.5")).toBe("12.50\u202f×");
  expect(metricText("trades", 1_234)).toBe("1,234");
  expect(metricText("calmar", null)).toBeNull();
});

test("what is not defined says why", () => {
  const why = (reason: string) => whyUndefined({ undefined: { sharpe: reason } }, "sharpe");
  expect(why("no trade was closed")).toBe("No trade was closed.");
  expect(why("The sun shone.")).toBe("The sun shone.");
  expect(whyUndefined({ undefined: {} }, "sharpe")).toContain("not defined");
});

test("a difference is for the better or the worse by what the metric means", () => {
  expect(signOf("sharpe", "0.5")).toBe("gain");
  expect(signOf("sharpe", "-0.5")).toBe("loss");
  expect(signOf("volatility", "-0.1")).toBe("gain");
  expect(signOf("volatility", "0.000")).toBe("none");
  expect(signOf("trades", "5")).toBe("none");
  expect(signOf("sharpe", null)).toBe("none");
});
