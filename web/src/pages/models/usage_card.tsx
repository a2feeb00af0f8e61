/** What questions to models took: tokens, money and time, by prompt, with all of them together. */
import type { ReactNode } from "react";
import type { CallSummary } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { count } from "../../model/format";
import { type LlmTotals, llmTotals } from "../../model/llm_usage";
import { endedOf, failuresOf, microUsd, shareOf } from "../../model/models";
import { statusWord } from "../../model/signal_words";
import { NotKnown } from "../../ui/money";
import { Card, Empty, Figure } from "../../ui/parts";
import { PhoneLabel } from "../../ui/phone_label";
import { Answer } from "../../ui/query";
import { type Column, Table } from "../../ui/table";
import { Milliseconds } from "./compared";

const TOPICS = ["decision.made"];

export function UsageCard({ since }: { readonly since: string }): ReactNode {
  const query = useAsk("GET /agents/llm/summary", { query: { since } }, { topics: TOPICS });
  return (
    <Answer query={query} rows={4}>
      {({ items }) => (
        <>
          <Figures totals={llmTotals(items)} />
          <Card title="Tokens, cost and errors by prompt">
            {items.length === 0 ? (
              <Empty title="No model was asked">Nothing was spent in this time.</Empty>
            ) : (
              <Table
                label="Usage by model and prompt"
                columns={COLUMNS}
                rows={items}
                keyOf={({ model, prompt_version }) => `${model} ${prompt_version}`}
              />
            )}
          </Card>
        </>
      )}
    </Answer>
  );
}

const Figures = ({ totals }: { readonly totals: LlmTotals }): ReactNode => (
  <div className="grid grid-cols-2 gap-4 max-md:gap-3 lg:grid-cols-4">
    <Figure
      name="Questions"
      value={count(totals.calls)}
      note={`${count(totals.failed)} ended without an answer`}
    />
    <Figure
      name="Tokens in"
      value={totals.tokensIn === null ? "–" : count(totals.tokensIn)}
      note={
        totals.tokensIn === null
          ? "no model told"
          : `${shareOf(totals.tokensCached, totals.tokensIn)} of them cached`
      }
    />
    <Figure
      name="Tokens out"
      value={totals.tokensOut === null ? "–" : count(totals.tokensOut)}
      note={
        totals.tokensOut === null
          ? "no model told"
          : `${count(totals.tokensReasoning)} of them reasoning`
      }
    />
    <Figure
      name="Cost"
      value={totals.costMicrousd === null ? "–" : microUsd(totals.costMicrousd)}
      note={
        totals.perAnswerMicrousd === null
          ? "no price is known"
          : `${microUsd(totals.perAnswerMicrousd)} for an answer`
      }
    />
  </div>
);

const Count = ({ value }: { readonly value: number | null | undefined }): ReactNode =>
  value == null ? <NotKnown /> : count(value);

const COLUMNS: readonly Column<CallSummary>[] = [
  { name: "Model", phone: "top", cell: ({ model }) => model },
  {
    name: "Prompt",
    phone: "below",
    cell: ({ prompt_version }) => <span className="mono">{prompt_version}</span>,
  },
  { name: "Asked", isFigure: true, cell: ({ calls }) => count(calls) },
  {
    name: "Errors",
    isFigure: true,
    phone: "topEnd",
    hint: "Of the questions that ended",
    cell: (one) => <Errors of={one} />,
  },
  { name: "Tokens in", isFigure: true, cell: ({ tokens_in }) => <Count value={tokens_in} /> },
  {
    name: "Cached",
    isFigure: true,
    hint: "Of the tokens in",
    cell: ({ tokens_cached, tokens_in }) =>
      tokens_cached == null || !tokens_in ? <NotKnown /> : shareOf(tokens_cached, tokens_in),
  },
  { name: "Tokens out", isFigure: true, cell: ({ tokens_out }) => <Count value={tokens_out} /> },
  {
    name: "Half within",
    isFigure: true,
    cell: ({ latency_p50_ms }) => <Milliseconds ms={latency_p50_ms} />,
  },
  {
    name: "95 % within",
    isFigure: true,
    cell: ({ latency_p95_ms }) => <Milliseconds ms={latency_p95_ms} />,
  },
  {
    name: "Cost",
    isFigure: true,
    phone: "belowEnd",
    cell: ({ cost_microusd }) => (
      <>
        <PhoneLabel>cost</PhoneLabel>
        {cost_microusd == null ? <NotKnown /> : microUsd(cost_microusd)}
      </>
    ),
  },
];

function Errors({ of }: { readonly of: CallSummary }): ReactNode {
  const { all, ok } = endedOf(of);
  const failures = failuresOf(of);
  const title = failures.map((one) => `${count(one.count)} × ${statusWord(one.status)}`).join(", ");
  return (
    <span title={title || undefined} className={ok < all ? "text-warn" : "text-text2"}>
      <PhoneLabel>errors</PhoneLabel>
      {shareOf(all - ok, all)}
    </span>
  );
}
