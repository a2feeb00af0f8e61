/** What all questions to models took together. */
import type { CallSummary } from "../generated/rest";
import { endedOf } from "./models";

export interface LlmTotals {
  readonly calls: number;
  readonly failed: number;
  /** Null where no model told. */
  readonly tokensIn: number | null;
  readonly tokensCached: number;
  readonly tokensOut: number | null;
  readonly tokensReasoning: number;
  /** Null where no price is known. */
  readonly costMicrousd: number | null;
  /** Of those whose price is known: cut to whole millionths. */
  readonly perAnswerMicrousd: number | null;
}

type Figure = "tokens_in" | "tokens_cached" | "tokens_out" | "tokens_reasoning" | "cost_microusd";

export function llmTotals(items: readonly CallSummary[]): LlmTotals {
  const ended = items.map(endedOf);
  const cost = sumOf(items, "cost_microusd");
  const answers = items
    .filter(({ cost_microusd }) => cost_microusd != null)
    .reduce((all, one) => all + endedOf(one).ok, 0);
  return {
    calls: items.reduce((all, { calls }) => all + calls, 0),
    failed: ended.reduce((all, one) => all + one.all - one.ok, 0),
    tokensIn: sumOf(items, "tokens_in"),
    tokensCached: sumOf(items, "tokens_cached") ?? 0,
    tokensOut: sumOf(items, "tokens_out"),
    tokensReasoning: sumOf(items, "tokens_reasoning") ?? 0,
    costMicrousd: cost,
    perAnswerMicrousd: cost === null || answers === 0 ? null : Math.floor(cost / answers),
  };
}

/** Null where none of them has the figure: what is not known is no zero. */
function sumOf(items: readonly CallSummary[], figure: Figure): number | null {
  const known = items.flatMap((one) => one[figure] ?? []);
  return known.length === 0 ? null : known.reduce((all, one) => all + one, 0);
}
