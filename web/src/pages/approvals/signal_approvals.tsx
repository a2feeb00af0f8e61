/** Signals that the desk has and that wait for a person. */
import { type ReactNode, useState } from "react";
import type { SignalDocument } from "../../generated/contracts";
import { decimal, shortId } from "../../model/format";
import type { OpenSignal } from "../../model/pipeline";
import { Ago } from "../../ui/now";
import { Card, Empty, Skeleton } from "../../ui/parts";
import { Problem } from "../../ui/problem";
import { type Column, Table } from "../../ui/table";
import { Ends } from "../risk/ends";
import { SignalLink } from "../signals/links";
import { Votes } from "../signals/votes";
import { AnswerSignal, type SignalVerdict } from "./answer_signal";

interface Answering {
  readonly verdict: SignalVerdict;
  readonly signal: SignalDocument;
}

export function SignalApprovals({
  waiting,
  error,
  isRead,
  retry,
}: {
  readonly waiting: readonly OpenSignal[];
  readonly error: unknown;
  readonly isRead: boolean;
  readonly retry: () => void;
}): ReactNode {
  const [answering, setAnswering] = useState<Answering | null>(null);
  return (
    <Card title="Signals">
      {error !== null && (
        <div className="p-4">
          <Problem error={error} retry={retry} />
        </div>
      )}
      {error === null && !isRead && <Skeleton rows={2} />}
      {isRead && waiting.length === 0 && <Nothing />}
      {waiting.length > 0 && (
        <Table
          label="Signals that wait for a person"
          columns={[...COLUMNS, answers(setAnswering)]}
          rows={waiting}
          keyOf={({ signal }) => signal.signal_id}
        />
      )}
      {answering !== null && <AnswerSignal {...answering} onClose={() => setAnswering(null)} />}
    </Card>
  );
}

const Nothing = (): ReactNode => (
  <Empty title="No signal waits">
    A signal whose source is in the mode <code className="mono">approve</code> waits here once the
    models have answered, until somebody answers or it expires.
  </Empty>
);

const COLUMNS: readonly Column<OpenSignal>[] = [
  { name: "Signal", phone: "top", cell: ({ signal }) => <SignalLink signal={signal} /> },
  { name: "Source", cell: ({ signal }) => signal.source },
  {
    name: "Entry",
    isFigure: true,
    phone: "topEnd",
    hint: "US dollars per unit, as its source says",
    cell: ({ signal }) => <span title={signal.entry_price}>${decimal(signal.entry_price)}</span>,
  },
  { name: "Models", phone: "below", cell: ({ signal }) => <Votes decisions={signal.decisions} /> },
  {
    name: "Waits since",
    isFigure: true,
    cell: ({ signal }) => <Ago at={signal.last_event_time} />,
  },
  {
    name: "Ends",
    isFigure: true,
    hint: "It may not be decided later: then it has expired",
    phone: "belowEnd",
    cell: ({ signal }) => <Ends at={signal.expires_at} otherwise="" />,
  },
];

const answers = (answer: (answering: Answering) => void): Column<OpenSignal> => ({
  name: "Answer",
  isNameHidden: true,
  isFigure: true,
  phone: "more",
  cell: ({ signal }) => (
    <span className="inline-flex gap-2">
      <button
        type="button"
        className="button h-7 px-2"
        aria-label={`Decline… ${shortId(signal.signal_id)}`}
        onClick={() => answer({ verdict: "decline", signal })}
      >
        Decline…
      </button>
      <button
        type="button"
        className="button h-7 px-2"
        aria-label={`Approve… ${shortId(signal.signal_id)}`}
        onClick={() => answer({ verdict: "approve", signal })}
      >
        Approve…
      </button>
    </span>
  ),
});
