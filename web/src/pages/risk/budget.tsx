/** What may be approved today, and which intents took it. */
import type { ReactNode } from "react";
import type { RiskBudget } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { usd } from "../../model/format";
import { Meter } from "../../ui/meter";
import { Usd } from "../../ui/money";
import { Card, Empty, Figure } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { Table } from "../../ui/table";
import { COLUMNS } from "./allocation_columns";

const NEWEST = { query: { limit: 50 } } as const;
const TOPICS = ["portfolio.", "risk.approv"];

export function Budget(): ReactNode {
  const query = useAsk("GET /live/risk-budget", NEWEST, { topics: TOPICS });
  return (
    <Answer query={query} rows={6}>
      {(budget) => (
        <div className="flex flex-col gap-4">
          <Sums budget={budget} />
          <Card title="Allocations of today, the newest first">
            {budget.allocations.length === 0 ? (
              <Empty title="Nothing was approved today">
                What an approved intent takes of its portfolio's budget is listed here.
              </Empty>
            ) : (
              <Table
                label="Allocations"
                columns={COLUMNS}
                rows={budget.allocations}
                keyOf={({ id }) => id}
              />
            )}
          </Card>
        </div>
      )}
    </Answer>
  );
}

function Sums({ budget }: { readonly budget: RiskBudget }): ReactNode {
  const { budget_total, budget_used, budget_available, utilization_pct, date } = budget;
  return (
    <div className="grid grid-cols-1 gap-3 sm:grid-cols-3">
      <Figure
        name={`Budget of ${date}, UTC`}
        value={<Usd value={budget_total} />}
        note={wholeOf(budget)}
      />
      <Figure
        name="Claimed or used"
        value={<Usd value={budget_used} />}
        note={<Use total={budget_total} used={budget_used} />}
      />
      <Figure
        name="Left"
        value={<Usd value={budget_available} />}
        note={utilization_pct === null ? undefined : `${utilization_pct} % is used`}
      />
    </div>
  );
}

function wholeOf({ budget_total, truncated }: RiskBudget): string {
  if (budget_total === null) return "no limit daily_budget_usd holds for every portfolio";
  return truncated ? "of the first 200 portfolios" : "of all portfolios";
}

function Use({
  total,
  used,
}: {
  readonly total: string | null;
  readonly used: string | null;
}): ReactNode {
  if (total === null || used === null) return "approved since 00:00 UTC";
  return (
    <Meter
      name="Budget of the day"
      value={used}
      limit={total}
      shown={`${usd(used)} of ${usd(total)}`}
    />
  );
}
