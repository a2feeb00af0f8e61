/** What has prices, and how old the newest is. */
import type { ReactNode } from "react";
import { price } from "../../model/format";
import type { SymbolDocument } from "../../model/market/contract";
import type { Look } from "../../model/words";
import { Ago } from "../../ui/now";
import { Badge } from "../../ui/parts";
import { type Column, Table } from "../../ui/table";

export const Symbols = ({
  symbols,
  selected,
  select,
}: {
  readonly symbols: readonly SymbolDocument[];
  readonly selected: string;
  readonly select: (instrument: string) => void;
}): ReactNode => (
  <Table
    label="Pairs with prices"
    columns={columnsOf(select)}
    rows={symbols}
    keyOf={({ instrument }) => instrument}
    onOpen={({ instrument }) => select(instrument)}
    isSelected={({ instrument }) => instrument === selected}
  />
);

const STALE: Look = { mark: "!", word: "Stale", tone: "warn" };
const FRESH: Look = { mark: "✓", word: "Fresh", tone: "ok" };

const columnsOf = (select: (instrument: string) => void): readonly Column<SymbolDocument>[] => [
  {
    name: "Pair",
    phone: "top",
    cell: ({ symbol, instrument }) => (
      <button
        type="button"
        title={instrument}
        className="cursor-pointer font-medium hover:text-accent hover:underline"
        onClick={() => select(instrument)}
      >
        {symbol}
      </button>
    ),
  },
  {
    name: "Prices",
    phone: "below",
    hint: "Stale where nobody looked at it for three minutes",
    cell: ({ stale }) => <Badge look={stale ? STALE : FRESH} />,
  },
  {
    name: "Last price",
    isFigure: true,
    phone: "topEnd",
    cell: ({ last_price, quote }) => (
      <span title={last_price}>
        {price(last_price)} <span className="text-text3">{quote}</span>
      </span>
    ),
  },
  {
    name: "Seen",
    isFigure: true,
    phone: "belowEnd",
    cell: ({ last_time }) => <Ago at={last_time} />,
  },
  { name: "Sources", cell: ({ sources }) => sources.join(", ") },
  {
    name: "Trading",
    cell: ({ status }) => (
      <span className="text-text2">
        {status === null ? "not registered" : status.replace("_", " ")}
      </span>
    ),
  },
  { name: "Recorded since", isFigure: true, cell: ({ from }) => <Ago at={from} /> },
];
