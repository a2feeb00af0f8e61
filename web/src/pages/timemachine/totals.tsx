/** What had happened until then, and what it was worth. */
import type { ReactNode } from "react";
import { count } from "../../model/format";
import type { AsOf } from "../../model/time/contract";
import { Usd } from "../../ui/money";
import { Figure } from "../../ui/parts";
import { Gain } from "../portfolio/gain";

export function Totals({ at }: { readonly at: AsOf }): ReactNode {
  const { portfolio, counters, open_flows } = at;
  const open = open_flows.reduce((sum, flows) => sum + flows.count, 0);
  const refused = counters?.refusals.reduce((sum, one) => sum + one.count, 0) ?? 0;
  return (
    <div className="grid grid-cols-2 gap-4 max-md:gap-3 lg:grid-cols-4">
      <Figure
        name="Equity"
        value={<Usd value={portfolio.equity_usd} />}
        note={
          <>
            <Usd value={portfolio.cash_usd} /> of it cash
          </>
        }
      />
      <Figure
        name="Realised profit"
        value={<Gain value={portfolio.realized_pnl_usd} />}
        note={
          <>
            open <Gain value={portfolio.unrealized_pnl_usd} />
          </>
        }
      />
      <Figure
        name="Open histories"
        value={count(open)}
        note={`${count(portfolio.open_intents)} open intents`}
      />
      <Figure
        name="Completed"
        value={counters === null ? "–" : count(counters.by_topic["exec.completed"] ?? 0)}
        note={counters === null ? "not for this key" : `${count(refused)} refused`}
      />
    </div>
  );
}
