import { expect, test } from "vitest";
import type { CallSummary } from "../generated/rest";
import { llmTotals } from "./llm_usage";

const summary = (changed: Partial<CallSummary>): CallSummary => ({
  model: "one",
  prompt_version: "v1",
  vendor: "openai",
  role: "voting",
  calls: 10,
  by_status: { ok: 8, timeout: 1, unanswered: 1 },
  error_share: 0.1,
  last_at: "2026-01-01T00:00:00.000Z",
  ...changed,
});

test("what models took adds up, and what nobody told is not a zero", () => {
  const totals = llmTotals([
    summary({ tokens_in: 1_000, tokens_cached: 400, tokens_out: 50, cost_microusd: 1_999 }),
    summary({ model: "two", vendor: "baseline", by_status: { ok: 10 } }),
  ]);
  expect(totals).toEqual({
    calls: 20,
    failed: 1,
    tokensIn: 1_000,
    tokensCached: 400,
    tokensOut: 50,
    tokensReasoning: 0,
    costMicrousd: 1_999,
    perAnswerMicrousd: 249,
  });
  expect(llmTotals([summary({})])).toMatchObject({
    tokensIn: null,
    costMicrousd: null,
    perAnswerMicrousd: null,
  });
});
