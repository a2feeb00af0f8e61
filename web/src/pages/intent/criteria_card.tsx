/** What the intent was to achieve, and whether it did. */
import type { ReactNode } from "react";
import type { CriterionResult, IntentDocument } from "../../generated/contracts";
import { amount, duration, price } from "../../model/format";
import type { Look } from "../../model/words";
import { Badge, Card } from "../../ui/parts";
import { type Column, Table } from "../../ui/table";

const METRICS: Readonly<Record<CriterionResult["metric"], string>> = {
  amount_out: "Amount received",
  price: "Average price",
  duration_seconds: "Duration",
};

export function CriteriaCard({ intent }: { readonly intent: IntentDocument }): ReactNode {
  const criteria = intent.summary.criteria ?? [];
  if (criteria.length === 0) return null;
  return (
    <Card title="Success criteria">
      <Table
        label="Success criteria"
        columns={COLUMNS}
        rows={criteria}
        keyOf={({ metric, comparison, threshold }) => `${metric} ${comparison} ${threshold}`}
      />
    </Card>
  );
}

const COLUMNS: readonly Column<CriterionResult>[] = [
  { name: "Criterion", cell: ({ metric }) => METRICS[metric] },
  { name: "Result", cell: (one) => <Badge look={lookOf(one)} /> },
  {
    name: "Wanted",
    isFigure: true,
    cell: ({ metric, comparison, threshold }) =>
      `${comparison === "at_least" ? "at least" : "at most"} ${written(metric, threshold)}`,
  },
  {
    name: "Came out",
    isFigure: true,
    cell: ({ metric, actual }) => (actual == null ? "–" : written(metric, actual)),
  },
];

const MET: Look = { mark: "✓", word: "Met", tone: "ok" };
const MISSED: Look = { mark: "✕", word: "Missed", tone: "bad" };
const OPEN: Look = { mark: "○", word: "Not judged", tone: "idle" };

const lookOf = ({ met }: CriterionResult): Look => (met == null ? OPEN : met ? MET : MISSED);

function written(metric: CriterionResult["metric"], text: string): string {
  if (metric === "duration_seconds") return duration(Number(text) * 1_000);
  return metric === "price" ? price(text) : amount(text);
}
