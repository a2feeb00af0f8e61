/** Messages that a role could not handle. */
import type { ReactNode } from "react";
import type { DeadLetterDocument } from "../../generated/rest";
import { usePages } from "../../live/use_pages";
import { SelectField } from "../../ui/field";
import { Ago } from "../../ui/now";
import { Pages } from "../../ui/pages";
import { Badge, Card, Empty } from "../../ui/parts";
import type { Column } from "../../ui/table";
import { DeadLetter } from "./dead_letter";
import { LETTER_LOOKS } from "./look";
import { OpenLink } from "./open_link";
import { Cut, History, Reason } from "./parts";
import type { Shown } from "./search";
import { usePlace } from "./use_place";

const OPTIONS = [
  { value: "open", name: "Open" },
  { value: "retried", name: "Sent again" },
  { value: "resolved", name: "Resolved" },
  { value: "any", name: "All" },
] as const satisfies readonly { value: Shown; name: string }[];

/** A dead letter is told by no event, so the list is read again often. */
const EVERY_MS = 5_000;

export function DeadLetters(): ReactNode {
  const { search, change, close } = usePlace();
  const state = search.state ?? "open";
  const letters = usePages(
    "GET /dead-letters",
    { query: { state: state === "any" ? undefined : state } },
    ["system.dead_letter"],
    EVERY_MS,
  );
  return (
    <>
      <div className="flex items-end pb-3">
        <div className="w-40">
          <SelectField
            label="State"
            value={state}
            options={OPTIONS}
            onChange={(chosen) => change({ state: chosen === "open" ? undefined : chosen })}
          />
        </div>
      </div>
      <Card title="Dead letters">
        <Pages
          read={letters}
          label="Dead letters"
          columns={COLUMNS}
          keyOf={({ id }) => id}
          onOpen={({ id }) => change({ open: id })}
          isSelected={({ id }) => id === search.open}
          empty={<Nothing state={state} />}
        />
      </Card>
      {typeof search.open === "string" && <DeadLetter id={search.open} onClose={close} />}
    </>
  );
}

const Nothing = ({ state }: { readonly state: Shown }): ReactNode =>
  state === "open" || state === "any" ? (
    <Empty title={state === "open" ? "No dead letters are open" : "No dead letters"}>
      A message that a role cannot handle, however often it is tried, is kept here with its bytes
      until somebody retries or resolves it.
    </Empty>
  ) : (
    <Empty title="Nothing matches">No dead letter is in this state.</Empty>
  );

const COLUMNS: readonly Column<DeadLetterDocument>[] = [
  {
    name: "State",
    phone: "top",
    cell: ({ state }) => <Badge look={LETTER_LOOKS[state]} />,
  },
  {
    name: "Dead letter",
    phone: "below",
    cell: ({ id }) => <OpenLink id={id}>{id}</OpenLink>,
  },
  { name: "Reason", phone: "belowEnd", cell: ({ reason }) => <Reason code={reason} /> },
  { name: "Error", cell: ({ error }) => <Cut text={error} /> },
  {
    name: "Attempts",
    isFigure: true,
    hint: "How often the role tried",
    cell: ({ attempts }) => attempts,
  },
  { name: "Subject", cell: ({ subject }) => <Cut text={subject} /> },
  { name: "History", cell: ({ correlation_id }) => <History id={correlation_id} /> },
  { name: "Recorded", phone: "topEnd", isFigure: true, cell: ({ at }) => <Ago at={at} /> },
];
