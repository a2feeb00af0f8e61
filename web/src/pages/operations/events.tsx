/** What was done to the platform, by whom: read from the ledger, so that it says it for good. */
import type { ReactNode } from "react";
import type { PlatformEvent } from "../../generated/contracts";
import type { ListedEvent } from "../../generated/rest";
import { usePages } from "../../live/use_pages";
import { count } from "../../model/format";
import { Dialog } from "../../ui/dialog";
import { Fact, Facts } from "../../ui/facts";
import { Ago, Moment } from "../../ui/now";
import { Pages } from "../../ui/pages";
import { Card, Copy, Empty } from "../../ui/parts";
import type { Column } from "../../ui/table";
import { DOING, type Done, doneBy } from "./done";
import { OpenLink } from "./open_link";
import { Cut, History, Payload } from "./parts";
import { usePlace } from "./use_place";

const TOPICS = DOING.join(",");

export function Events(): ReactNode {
  const { search, change, close } = usePlace();
  const events = usePages("GET /events", { query: { topics: TOPICS } }, DOING);
  const shown = events.rows?.find(({ global_seq }) => global_seq === search.open);
  return (
    <Card title="Platform events">
      <Pages
        read={events}
        label="Platform events"
        columns={COLUMNS}
        keyOf={({ global_seq }) => String(global_seq)}
        onOpen={({ global_seq }) => change({ open: global_seq })}
        isSelected={({ global_seq }) => global_seq === search.open}
        empty={<Nothing />}
      />
      {shown !== undefined && <Shown one={shown} onClose={close} />}
    </Card>
  );
}

const Nothing = (): ReactNode => (
  <Empty title="Nothing was done yet">
    Halts and resumptions, changes of limits and instruments, funding, answered approvals,
    cancellations, dead letters that were retried or resolved, and what was done to wallets is
    listed here with who did it.
  </Empty>
);

function Shown({
  one,
  onClose,
}: {
  readonly one: ListedEvent;
  readonly onClose: () => void;
}): ReactNode {
  const { event, global_seq, recorded_at } = one;
  const { what, by } = doneOf(one);
  return (
    <Dialog title={event.topic} onClose={onClose} isDrawer>
      <p className="break-words">{what}</p>
      <div className="-mx-4">
        <Facts isStacked>
          <Fact name="By">{by ?? <span className="text-text3">not told</span>}</Fact>
          <Fact name="At">
            <Moment at={event.timestamp} />
          </Fact>
          <Fact name="Recorded">
            <Moment at={recorded_at} />
          </Fact>
          <Fact name="Ledger" hint="Its number in the ledger">
            <span className="figures">#{count(global_seq)}</span>
          </Fact>
          <Fact name="History">
            <History id={event.correlationId} />
          </Fact>
          <Fact name="Event">
            <Copy text={event.eventId} what="the event's id">
              {event.eventId}
            </Copy>
          </Fact>
        </Facts>
      </div>
      <Payload title="Event" body={JSON.stringify(event)} />
    </Dialog>
  );
}

const doneOf = ({ event }: ListedEvent): Done => doneBy(event as unknown as PlatformEvent);

const COLUMNS: readonly Column<ListedEvent>[] = [
  {
    name: "Topic",
    phone: "below",
    cell: ({ global_seq, event }) => <OpenLink id={global_seq}>{event.topic}</OpenLink>,
  },
  { name: "What", phone: "top", cell: (one) => <Cut text={doneOf(one).what} /> },
  { name: "By", phone: "belowEnd", cell: (one) => doneOf(one).by ?? "" },
  {
    name: "When",
    phone: "topEnd",
    isFigure: true,
    cell: ({ event }) => <Ago at={event.timestamp} />,
  },
];
