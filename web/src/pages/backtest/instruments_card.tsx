/** What each pair contributed, where there are several. */
import type { ReactNode } from "react";
import type { OfInstrument } from "../../model/backtests/contract";
import { pairOf } from "../../model/backtests/look";
import { amount, count } from "../../model/format";
import { Card } from "../../ui/parts";
import { type Column, Table } from "../../ui/table";

export function InstrumentsCard({
  instruments,
  quote,
}: {
  readonly instruments: readonly OfInstrument[];
  readonly quote: string;
}): ReactNode {
  if (instruments.length < 2) return null;
  return (
    <Card title="Pairs">
      <Table
        label="What each pair contributed"
        columns={columnsOf(quote)}
        rows={instruments}
        keyOf={({ instrument }) => instrument}
      />
    </Card>
  );
}

const columnsOf = (quote: string): readonly Column<OfInstrument>[] => [
  { name: "Pair", cell: ({ instrument }) => <span title={instrument}>{pairOf(instrument)}</span> },
  {
    name: "Profit",
    isFigure: true,
    cell: ({ profit }) => (
      <span title={profit} className={profit.startsWith("-") ? "text-bad" : ""}>
        {amount(profit, 2)} <span className="text-text3">{quote}</span>
      </span>
    ),
  },
  { name: "Trades", isFigure: true, cell: ({ trades }) => `${count(trades)} trades` },
  {
    name: "Volume",
    isFigure: true,
    cell: ({ volume }) => (
      <>
        {amount(volume, 2)} <span className="text-text3">{quote}</span>
      </>
    ),
  },
];
