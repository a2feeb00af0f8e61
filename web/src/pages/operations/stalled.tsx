/** Open histories in which nothing happens, and who has to act. */
import type { ReactNode } from "react";
import type { StalledDocument } from "../../generated/rest";
import { usePages } from "../../live/use_pages";
import { duration } from "../../model/format";
import { SelectField } from "../../ui/field";
import { Ago } from "../../ui/now";
import { Pages } from "../../ui/pages";
import { Badge, Card, Empty } from "../../ui/parts";
import { PhoneLabel } from "../../ui/phone_label";
import type { Column } from "../../ui/table";
import { History } from "./parts";
import { AFTER_SECONDS } from "./search";
import { usePlace } from "./use_place";

const OPTIONS = AFTER_SECONDS.map((seconds) => ({
  value: String(seconds),
  name: seconds === 0 ? "As the platform does" : `After ${duration(seconds * 1_000)}`,
}));
const EVERY_MS = 5_000;

export function Stalled(): ReactNode {
  const { search, change } = usePlace();
  const stalled = usePages(
    "GET /stalled",
    { query: { after_seconds: search.after } },
    [],
    EVERY_MS,
  );
  return (
    <>
      <div className="flex items-end pb-3">
        <div className="w-52">
          <SelectField
            label="Counts as stalled"
            value={String(search.after ?? 0)}
            options={OPTIONS}
            onChange={(chosen) => change({ after: Number(chosen) || undefined })}
          />
        </div>
      </div>
      <Card title="Stalled histories">
        <Pages
          read={stalled}
          label="Stalled histories"
          columns={COLUMNS}
          keyOf={({ correlation_id }) => correlation_id}
          empty={
            <Empty title="Nothing stands still">
              An open history without a new event for a while is listed here, with the role that has
              to act. The sweeper sends that role the event again by itself.
            </Empty>
          }
        />
      </Card>
    </>
  );
}

const GIVEN_UP = { mark: "✕", word: "Given up", tone: "bad" } as const;

function SentAgain({ given_up, sent_again }: StalledDocument): ReactNode {
  if (!given_up) return sent_again === 0 ? "not yet" : `${sent_again}×`;
  return (
    <Badge
      look={GIVEN_UP}
      title={`Sent again ${sent_again} times. Mend the cause, then retry its dead letter.`}
    />
  );
}

const COLUMNS: readonly Column<StalledDocument>[] = [
  {
    name: "History",
    phone: "top",
    cell: ({ correlation_id }) => <History id={correlation_id} />,
  },
  {
    name: "Last event",
    phone: "below",
    cell: ({ last_topic, last_sequence }) => (
      <span className="mono" title={`event ${last_sequence} of its history`}>
        {last_topic}
      </span>
    ),
  },
  {
    name: "Waits for",
    phone: "belowEnd",
    hint: "The role that has to act",
    cell: ({ waits_for }) => (
      <>
        <PhoneLabel>waits for</PhoneLabel>
        {waits_for ?? <span className="text-text3">no role</span>}
      </>
    ),
  },
  {
    name: "Sent again",
    isFigure: true,
    hint: "How often the sweeper gave the role the event again",
    cell: SentAgain,
  },
  { name: "Since", phone: "topEnd", isFigure: true, cell: ({ since }) => <Ago at={since} /> },
];
