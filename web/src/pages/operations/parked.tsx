/** Events that came before their predecessors. */
import type { ReactNode } from "react";
import type { ParkedDocument } from "../../generated/rest";
import { usePages } from "../../live/use_pages";
import { count, duration } from "../../model/format";
import { Pages } from "../../ui/pages";
import { Card, Empty } from "../../ui/parts";
import { PhoneLabel } from "../../ui/phone_label";
import type { Column } from "../../ui/table";
import { Cut, History } from "./parts";

const EVERY_MS = 5_000;

export function Parked(): ReactNode {
  const parked = usePages("GET /parked", {}, [], EVERY_MS);
  return (
    <Card title="Parked events">
      <Pages
        read={parked}
        label="Parked events"
        columns={COLUMNS}
        keyOf={({ event_id }) => event_id}
        empty={
          <Empty title="Nothing is parked">
            An event that comes before its predecessor waits here until the gap before it is closed.
            For milliseconds that is normal.
          </Empty>
        }
      />
      {parked.rows !== undefined && parked.rows.length > 0 && (
        <p className="border-t border-line px-4 py-3 text-text2">
          Each waits for an event that the ledger lacks. If that lasts, the role that has to publish
          it is away, the coordinator is behind, or the event was refused: look in the quarantine
          and at the dead letters of its history.
        </p>
      )}
    </Card>
  );
}

const COLUMNS: readonly Column<ParkedDocument>[] = [
  {
    name: "History",
    phone: "top",
    cell: ({ correlation_id }) => <History id={correlation_id} />,
  },
  { name: "Subject", phone: "below", cell: ({ subject }) => <Cut text={subject} /> },
  {
    name: "Parked",
    isFigure: true,
    hint: "Its sequence in the history",
    cell: ({ sequence }) => count(sequence),
  },
  {
    name: "Waits for",
    phone: "belowEnd",
    isFigure: true,
    hint: "The first sequence of the history that the ledger lacks",
    cell: ({ missing_sequence }) => (
      <>
        <PhoneLabel>waits for</PhoneLabel>event {count(missing_sequence)}
      </>
    ),
  },
  {
    name: "Message",
    isFigure: true,
    hint: "Its place in the stream",
    cell: ({ stream_sequence }) => `#${count(stream_sequence)}`,
  },
  {
    name: "Waiting",
    phone: "topEnd",
    isFigure: true,
    cell: ({ waiting_seconds }) => duration(Math.floor(waiting_seconds) * 1_000),
  },
];
