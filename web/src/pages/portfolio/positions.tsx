/** What a portfolio holds, pair by pair. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { PortfolioDetail, PositionDocument } from "../../generated/rest";
import { count, price } from "../../model/format";
import { Amount, NotKnown, Usd } from "../../ui/money";
import { Empty } from "../../ui/parts";
import { type Column, Table } from "../../ui/table";
import { Gain } from "./gain";

export function Positions({
  portfolio,
  close,
}: {
  readonly portfolio: PortfolioDetail;
  readonly close: (position: PositionDocument) => void;
}): ReactNode {
  const { positions, position_count } = portfolio;
  if (positions.length === 0) {
    return (
      <Empty title="It holds nothing">
        What it buys is shown here from its first fill on.{" "}
        <Link to="/intents" className="text-accent underline">
          See its intents
        </Link>
      </Empty>
    );
  }
  return (
    <>
      <Table
        label="Positions"
        columns={[...COLUMNS, closing(close)]}
        rows={positions}
        keyOf={({ instrument }) => instrument}
      />
      {positions.length < position_count && (
        <p className="border-t border-line px-4 py-2 text-sm text-text2">
          These are the first {count(positions.length)} of {count(position_count)} pairs.
        </p>
      )}
    </>
  );
}

export const baseOf = (symbol: string): string => symbol.split("/")[0] ?? symbol;
const quoteOf = (symbol: string): string => symbol.split("/")[1] ?? "";

export function Price({
  value,
  symbol,
}: {
  readonly value: string | null;
  readonly symbol: string;
}): ReactNode {
  if (value === null) return <NotKnown />;
  return <span title={`${value} ${quoteOf(symbol)}`}>{price(value)}</span>;
}

const closing = (close: (position: PositionDocument) => void): Column<PositionDocument> => ({
  name: "Close",
  isNameHidden: true,
  isFigure: true,
  phone: "more",
  cell: (position) => (
    <button
      type="button"
      className="button h-7 px-2"
      aria-label={`Close… ${position.symbol}`}
      onClick={() => close(position)}
    >
      Close…
    </button>
  ),
});

const COLUMNS: readonly Column<PositionDocument>[] = [
  {
    name: "Pair",
    phone: "top",
    cell: ({ symbol, instrument }) => (
      <span title={instrument} className="font-medium">
        {symbol}
      </span>
    ),
  },
  {
    name: "Quantity",
    isFigure: true,
    hint: "Negative where more was sold than bought",
    phone: "topEnd",
    cell: ({ qty, symbol }) => <Amount value={qty} unit={baseOf(symbol)} />,
  },
  {
    name: "Average entry",
    isFigure: true,
    hint: "Quote paid for a whole token of what is held",
    cell: ({ avg_entry_price, symbol }) => <Price value={avg_entry_price} symbol={symbol} />,
  },
  {
    name: "Last price",
    isFigure: true,
    hint: "Quote for a whole token, by the last fills",
    cell: ({ mark_price, symbol }) => <Price value={mark_price} symbol={symbol} />,
  },
  {
    name: "Value",
    isFigure: true,
    phone: "below",
    cell: ({ market_value_usd }) => <Usd value={market_value_usd} />,
  },
  {
    name: "Unrealised",
    isFigure: true,
    hint: "What closing it at the last price would gain",
    phone: "belowEnd",
    cell: ({ unrealized_pnl_usd }) => <Gain value={unrealized_pnl_usd} />,
  },
  {
    name: "Realised",
    isFigure: true,
    hint: "What was closed gained",
    cell: ({ realized_pnl_usd }) => <Gain value={realized_pnl_usd} />,
  },
  { name: "Fills", isFigure: true, cell: ({ fills }) => count(fills) },
];
