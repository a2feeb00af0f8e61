/** What the venue filled, fill by fill. */
import type { ReactNode } from "react";
import type { PlatformEvent } from "../../generated/contracts";
import { divide, formatDecimal, fromBaseUnits } from "../../model/decimal";
import { count, price } from "../../model/format";
import { Units } from "../../ui/money";
import { Clock } from "../../ui/now";
import { Card } from "../../ui/parts";
import { type Column, Table } from "../../ui/table";
import { boughtBy, soldBy } from "./amounts";

type Fill = Extract<PlatformEvent, { topic: "exec.step_filled" }>;

export function FillsCard({ events }: { readonly events: readonly PlatformEvent[] }): ReactNode {
  const fills = events.filter((event): event is Fill => event.topic === "exec.step_filled");
  if (fills.length === 0) return null;
  return (
    <Card
      title="Fills"
      aside={<span className="figures text-xs text-text3">{count(fills.length)}</span>}
    >
      <Table
        label="Fills"
        columns={columnsOf(fills)}
        rows={fills}
        keyOf={({ eventId }) => eventId}
      />
    </Card>
  );
}

const POOLS_KEPT = "Pools kept";

const COLUMNS: readonly Column<Fill>[] = [
  {
    name: "Fill",
    phone: "top",
    cell: ({ payload }) => (
      <>
        {payload.fillIndex + 1}
        {payload.final && <span className="pl-2 text-xs text-text3">final</span>}
      </>
    ),
  },
  { name: "Time", phone: "topEnd", cell: ({ timestamp }) => <Clock at={timestamp} /> },
  {
    name: "Paid",
    isFigure: true,
    phone: "below",
    cell: ({ payload }) => {
      const sold = soldBy(payload.step);
      return <Units value={payload.amountIn} decimals={sold.decimals} unit={sold.symbol} />;
    },
  },
  {
    name: "Received",
    isFigure: true,
    phone: "belowEnd",
    cell: ({ payload }) => {
      const bought = boughtBy(payload.step);
      return <Units value={payload.amountOut} decimals={bought.decimals} unit={bought.symbol} />;
    },
  },
  {
    name: "Price",
    isFigure: true,
    phone: "more",
    hint: "Quote per base, fees of the pools included",
    cell: ({ payload }) => {
      const { quote } = payload.step;
      const text = fillPrice(payload);
      return text === null ? "–" : <Priced text={text} unit={quote.symbol} />;
    },
  },
  {
    name: POOLS_KEPT,
    isFigure: true,
    phone: "more",
    hint: "The pools' fees, in the token that was paid; part of what was paid",
    cell: ({ payload }) => {
      const sold = soldBy(payload.step);
      return <Units value={payload.poolFee} decimals={sold.decimals} unit={sold.symbol} />;
    },
  },
  {
    name: "Block",
    isFigure: true,
    phone: "more",
    cell: ({ payload }) => count(payload.blockNumber),
  },
];

const Priced = ({ text, unit }: { readonly text: string; readonly unit: string }): ReactNode => (
  <span title={text} className="figures">
    {price(text)} <span className="text-text3">{unit}</span>
  </span>
);

/** On a chain the pools' fees follow from the route: no fill tells them. */
const columnsOf = (fills: readonly Fill[]): readonly Column<Fill>[] =>
  fills.some(({ payload }) => payload.poolFee != null)
    ? COLUMNS
    : COLUMNS.filter(({ name }) => name !== POOLS_KEPT);

const PRICE_DIGITS = 18;

function fillPrice({ step, amountIn, amountOut }: Fill["payload"]): string | null {
  const isSale = soldBy(step) === step.base;
  const [base, quote] = isSale ? [amountIn, amountOut] : [amountOut, amountIn];
  const found = divide(
    fromBaseUnits(quote, step.quote.decimals),
    fromBaseUnits(base, step.base.decimals),
    PRICE_DIGITS,
  );
  return found && formatDecimal(found);
}
