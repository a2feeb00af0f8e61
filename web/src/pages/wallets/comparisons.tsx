/** Reports of comparisons of the wallets with the chain. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ReconciliationReport } from "../../generated/rest";
import type { PagesRead } from "../../live/use_pages";
import { count } from "../../model/format";
import { Ago } from "../../ui/now";
import { Pages } from "../../ui/pages";
import { Badge, Card, Empty } from "../../ui/parts";
import { PhoneLabel } from "../../ui/phone_label";
import type { Column } from "../../ui/table";

import { found, outcomeOf } from "./drift";
import { Report } from "./report";

export function Comparisons({
  reports,
}: {
  readonly reports: PagesRead<ReconciliationReport>;
}): ReactNode {
  const { report } = useSearch({ from: "/wallets" });
  const navigate = useNavigate({ from: "/wallets" });
  const shown = reports.rows?.find(({ id }) => id === report);
  const open = (id: string | undefined): void => void navigate({ search: { report: id } });
  return (
    <Card title="Comparisons">
      <Pages
        read={reports}
        label="Comparisons"
        columns={COLUMNS}
        keyOf={({ id }) => id}
        onOpen={({ id }) => open(id)}
        isSelected={({ id }) => id === report}
        empty={
          <Empty title="No comparison is recorded yet">
            The treasury compares by itself, and tells what it finds once an hour, or when something
            was booked or is open. Reconcile now to see one.
          </Empty>
        }
      />
      {shown !== undefined && <Report report={shown} onClose={() => open(undefined)} />}
    </Card>
  );
}

const COLUMNS: readonly Column<ReconciliationReport>[] = [
  {
    name: "Result",
    phone: "top",
    cell: (report) => <Badge look={outcomeOf(report)} />,
  },
  {
    name: "Found",
    phone: "below",
    cell: (report) => (
      <Link to="/wallets" search={{ report: report.id }} className="text-accent hover:underline">
        {found(report)}
      </Link>
    ),
  },
  { name: "Wallets", isFigure: true, cell: ({ total_wallets }) => count(total_wallets) },
  {
    name: "Beyond threshold",
    isFigure: true,
    cell: ({ drifts_exceeding_threshold }) => count(drifts_exceeding_threshold),
  },
  {
    name: "Block",
    phone: "belowEnd",
    isFigure: true,
    cell: ({ block_number }) =>
      block_number == null ? null : (
        <>
          <PhoneLabel>block</PhoneLabel>
          {count(block_number)}
        </>
      ),
  },
  {
    name: "When",
    phone: "topEnd",
    isFigure: true,
    cell: ({ timestamp }) => <Ago at={timestamp} />,
  },
];
