import { expect, test } from "vitest";
import type { DatasetDocument, StrategyDocument } from "../../model/backtests/contract";
import { begun, bodyOf, type Draft, problemsOf, runsOf } from "./draft";

const strategy: StrategyDocument = {
  name: "ema_cross",
  version: "1",
  sha256: "0".repeat(64),
  params: {
    fast: { kind: "integer", default: 9, minimum: "2", maximum: "200" },
    slow: { kind: "integer", default: 21 },
  },
};
const dataset: DatasetDocument = {
  dataset_id: "ds-0123456789abcdef",
  kind: "candles",
  instrument: "ethereum-WETH-USDC",
  interval: "1m",
  from: "2026-01-01T00:00:00.000Z",
  to: "2026-07-01T00:00:00.000Z",
  rows: 260_640,
};
const offered = { strategies: [strategy], datasets: [dataset] };
const draft = (changed: Partial<Draft> = {}): Draft => ({
  ...begun(offered, undefined),
  ...changed,
});

test("a draft begins with the first of everything and could be sent", () => {
  expect(problemsOf(draft(), offered)).toEqual({});
  expect(bodyOf(draft(), offered)).toEqual({
    strategy: { kind: "strategy", name: "ema_cross", params: { fast: 9, slow: 21 } },
    instruments: ["ethereum-WETH-USDC"],
    data: { kind: "candles", dataset: "ds-0123456789abcdef", interval: "1m" },
    market: { kind: "constant", pools: [{ fee_pips: 500, depth_usd: "40000000" }] },
    execution: { latency_ms: 12_000, max_slippage: "0.005" },
    portfolio: { USDC: "10000" },
    sizing: { kind: "fraction", value: "1" },
    seed: 0,
  });
});

test("several values make a sweep, one of them the run itself", () => {
  const swept = draft({ isSweep: true, params: { fast: "5, 9, 13", slow: "21..22" } });
  expect(runsOf(swept, strategy)).toBe(6);
  const body = bodyOf(swept, offered);
  expect(body?.sweep).toEqual({ fast: [5, 9, 13], slow: [21, 22] });
  expect(body?.strategy).toMatchObject({ params: { fast: 5, slow: 21 } });
  expect(bodyOf(draft({ isSweep: true }), offered)?.sweep).toBeUndefined();
});

test("days are of UTC, and not outside of the dataset", () => {
  const body = bodyOf(draft({ from: "2025-01-01", to: "2026-02-01" }), offered);
  expect([body?.from, body?.to]).toEqual(["2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"]);
});

test("what is wrong is named by its field", () => {
  const wrong = draft({
    params: { fast: "1", slow: "x" },
    cash: "0",
    fraction: "1.5",
    from: "2026-03-01",
    to: "2026-02-01",
    pools: [{ feePips: "500", depth: "" }],
    strategy: "ema_cross",
  });
  expect(Object.keys(problemsOf(wrong, offered)).sort()).toEqual([
    "cash",
    "fraction",
    "params.fast",
    "params.slow",
    "pools.0.depth",
    "to",
  ]);
  expect(problemsOf(draft({ dataset: "", strategy: "" }), offered)).toHaveProperty("dataset");
});

test("a percentage becomes a share without losing a digit", () => {
  const slippage = (text: string): unknown =>
    bodyOf(draft({ maxSlippage: text }), offered)?.execution?.max_slippage;
  expect(["0.5", "12", "0.125", "100"].map(slippage)).toEqual(["0.005", "0.12", "0.00125", "1.00"]);
});
