import { expect, test } from "vitest";
import type { RunDocument } from "./contract";
import { grouped } from "./sweeps";

const run = (run_id: string, sweep_id: string | null, sharpe: string | null): RunDocument => ({
  label: null,
  instruments: ["ethereum-WETH-USDC"],
  from: "2026-01-01T00:00:00.000Z",
  to: "2026-02-01T00:00:00.000Z",
  requested_by: null,
  percent: "100",
  started_at: null,
  completed_at: null,
  run_id,
  correlation_id: `backtest-${run_id}`,
  sweep_id,
  status: sharpe === null ? "running" : "completed",
  strategy: "ema_cross",
  candles_total: 10,
  candles_processed: 10,
  created_at: "2026-01-01T00:00:00.000Z",
  summary: sharpe === null ? null : { total_return: "0", max_drawdown: "0", sharpe, trades: 1 },
});

test("a sweep is one row where its first run stands", () => {
  const rows = grouped([
    run("D", null, "1"),
    run("C", "S", "0.9"),
    run("B", null, "2"),
    run("A", "S", null),
    run("9", "S", "1.25"),
  ]);
  expect(rows.map(({ kind, id }) => [kind, id])).toEqual([
    ["run", "D"],
    ["sweep", "S"],
    ["run", "B"],
  ]);
  const sweep = rows[1];
  expect(sweep?.kind === "sweep" && [sweep.runs.length, sweep.done, sweep.best?.run_id]).toEqual([
    3,
    2,
    "9",
  ]);
});

test("without a result no run of a sweep is the best", () => {
  const [sweep] = grouped([run("A", "S", null)]);
  expect(sweep?.kind === "sweep" && sweep.best).toBeNull();
});
