/** What two runs were asked for differently. */
import type { ReactNode } from "react";
import type { FieldDifference } from "../../model/backtests/contract";
import { NotKnown } from "../../ui/money";
import { Card } from "../../ui/parts";
import { type Column, Table } from "../../ui/table";

export function ManifestTable({
  differences,
}: {
  readonly differences: readonly FieldDifference[];
}): ReactNode {
  return (
    <Card title="What they depend on">
      {differences.length === 0 ? (
        <p className="p-4 text-text2">Both have the same manifest.</p>
      ) : (
        <Table
          label="What the manifests have different"
          columns={COLUMNS}
          rows={differences}
          keyOf={({ field }) => field}
        />
      )}
    </Card>
  );
}

const Value = ({ text }: { readonly text: string | null }): ReactNode =>
  text === null ? <NotKnown /> : <span className="mono break-all">{text}</span>;

const COLUMNS: readonly Column<FieldDifference>[] = [
  { name: "Field", phone: "top", cell: ({ field }) => <span className="mono">{field}</span> },
  { name: "A", phone: "more", cell: ({ a }) => <Value text={a} /> },
  { name: "B", phone: "more", cell: ({ b }) => <Value text={b} /> },
];
