/** What strategies held, and the prices that decisions were made at. */
import type { ReactNode } from "react";
import { pairOf } from "../../model/backtests/look";
import { amount, count, listAmount, price, usd } from "../../model/format";
import type { AsOf, PriceThen, StrategyPositionThen } from "../../model/time/contract";
import { NotKnown } from "../../ui/money";
import { Moment } from "../../ui/now";
import { Card } from "../../ui/parts";
import { type Column, Table } from "../../ui/table";

export function HeldCards({ at }: { readonly at: AsOf }): ReactNode {
  return (
    <>
      <Card title="Positions">
        {at.positions.length === 0 ? (
          <p className="p-4 text-text2">No strategy held anything.</p>
        ) : (
          <Table
            label="Positions of strategies"
            columns={POSITION_COLUMNS}
            rows={at.positions}
            keyOf={({ strategy_id, instrument }) => `${strategy_id} ${instrument}`}
          />
        )}
      </Card>
      <Card title="Prices">
        {at.prices.length === 0 ? (
          <p className="p-4 text-text2">Nothing had been decided at a price.</p>
        ) : (
          <Table
            label="Prices that decisions were made at"
            columns={PRICE_COLUMNS}
            rows={at.prices}
            keyOf={({ instrument }) => instrument}
          />
        )}
      </Card>
      {at.truncated && (
        <p className="text-sm text-warn">There was more than is shown: lists have a limit.</p>
      )}
    </>
  );
}

const POSITION_COLUMNS: readonly Column<StrategyPositionThen>[] = [
  {
    name: "Pair",
    phone: "top",
    cell: ({ instrument }) => (
      <span title={instrument} className="font-medium">
        {pairOf(instrument)}
      </span>
    ),
  },
  { name: "Strategy", phone: "below", cell: ({ strategy_id }) => strategy_id },
  {
    name: "Quantity",
    isFigure: true,
    phone: "topEnd",
    cell: ({ quantity }) => <span title={quantity}>{listAmount(quantity)}</span>,
  },
  {
    name: "Average cost",
    isFigure: true,
    hint: "In quote, for a whole token",
    cell: ({ average_cost }) =>
      average_cost === null ? (
        <NotKnown />
      ) : (
        <span title={average_cost}>{price(average_cost)}</span>
      ),
  },
  {
    name: "Realised",
    isFigure: true,
    phone: "belowEnd",
    hint: "In quote",
    cell: ({ realized_pnl }) => (
      <span title={realized_pnl} className={realized_pnl.startsWith("-") ? "text-bad" : ""}>
        {amount(realized_pnl, 2)}
      </span>
    ),
  },
  { name: "Fills", isFigure: true, cell: ({ fills }) => count(fills) },
];

const PRICE_COLUMNS: readonly Column<PriceThen>[] = [
  {
    name: "Pair",
    phone: "top",
    cell: ({ instrument }) => <span title={instrument}>{pairOf(instrument)}</span>,
  },
  {
    name: "Price",
    isFigure: true,
    phone: "topEnd",
    cell: ({ price_usd }) => <span title={price_usd}>{usd(price_usd)}</span>,
  },
  {
    name: "Decided",
    isFigure: true,
    phone: "below",
    cell: ({ decided_at }) => <Moment at={decided_at} />,
  },
  {
    name: "Event",
    isFigure: true,
    phone: "belowEnd",
    cell: ({ sequence }) => <span className="text-text3">#{count(sequence)}</span>,
  },
];
