/** Messages that the ledger refused: a record, from which nothing is removed. */
import type { ReactNode } from "react";
import type { QuarantinedDocument, QuarantineReason } from "../../generated/rest";
import { usePages } from "../../live/use_pages";
import { SelectField } from "../../ui/field";
import { Ago } from "../../ui/now";
import { Pages } from "../../ui/pages";
import { Card, Empty } from "../../ui/parts";
import { PhoneLabel } from "../../ui/phone_label";
import type { Column } from "../../ui/table";
import { OpenLink } from "./open_link";
import { Cut, History, Reason } from "./parts";
import { Quarantined } from "./quarantined";
import { QUARANTINE_REASONS } from "./reasons";
import { usePlace } from "./use_place";

const ANY = "any";
const OPTIONS: readonly { value: QuarantineReason | typeof ANY; name: string }[] = [
  { value: ANY, name: "Any reason" },
  ...QUARANTINE_REASONS.map((reason) => ({ value: reason, name: reason })),
];
const EVERY_MS = 10_000;

export function Quarantine(): ReactNode {
  const { search, change, close } = usePlace();
  const messages = usePages("GET /quarantine", { query: { reason: search.reason } }, [], EVERY_MS);
  return (
    <>
      <div className="flex items-end pb-3">
        <div className="w-52">
          <SelectField
            label="Reason"
            value={search.reason ?? ANY}
            options={OPTIONS}
            onChange={(chosen) => change({ reason: chosen === ANY ? undefined : chosen })}
          />
        </div>
      </div>
      <Card title="Quarantine">
        <Pages
          read={messages}
          label="Quarantine"
          columns={COLUMNS}
          keyOf={({ id }) => String(id)}
          onOpen={({ id }) => change({ open: id })}
          isSelected={({ id }) => id === search.open}
          empty={<Nothing isFiltered={search.reason !== undefined} />}
        />
      </Card>
      {typeof search.open === "number" && <Quarantined id={search.open} onClose={close} />}
    </>
  );
}

const Nothing = ({ isFiltered }: { readonly isFiltered: boolean }): ReactNode =>
  isFiltered ? (
    <Empty title="Nothing matches">Nothing was refused for this reason.</Empty>
  ) : (
    <Empty title="Nothing is in quarantine">
      Bytes that cannot be part of any history are kept here, beside the reason. They are in
      nobody's way, and nothing removes them.
    </Empty>
  );

const COLUMNS: readonly Column<QuarantinedDocument>[] = [
  {
    name: "No.",
    phone: "below",
    cell: ({ id }) => (
      <>
        <PhoneLabel>No.</PhoneLabel>
        <OpenLink id={id}>{id}</OpenLink>
      </>
    ),
  },
  { name: "Reason", phone: "top", cell: ({ reason }) => <Reason code={reason} /> },
  { name: "Detail", cell: ({ detail }) => <Cut text={detail} /> },
  { name: "Subject", cell: ({ subject }) => <Cut text={subject} /> },
  {
    name: "History",
    phone: "belowEnd",
    cell: ({ correlation_id }) => <History id={correlation_id} />,
  },
  { name: "Since", phone: "topEnd", isFigure: true, cell: ({ at }) => <Ago at={at} /> },
];
