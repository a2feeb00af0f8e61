/** Signals that the desk has and that wait for a person. */
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type {
  ListPage_SignalApprovalDocument_,
  SignalApprovalDocument,
} from "../../generated/rest";
import { decimal, shortId } from "../../model/format";
import { Ago } from "../../ui/now";
import { Card, Empty } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { type Column, Table } from "../../ui/table";
import { Ends } from "../risk/ends";
import { SignalLink } from "../signals/links";
import { AnswerSignal, type AskedSignal, type SignalVerdict } from "./answer_signal";

interface Answering {
  readonly verdict: SignalVerdict;
  readonly signal: AskedSignal;
}

export function SignalApprovals({
  query,
}: {
  readonly query: UseQueryResult<ListPage_SignalApprovalDocument_>;
}): ReactNode {
  const [answering, setAnswering] = useState<Answering | null>(null);
  return (
    <Card title="Signals">
      <Answer query={query} rows={2}>
        {({ items, next_cursor }) =>
          items.length === 0 ? (
            <Nothing />
          ) : (
            <>
              <Table
                label="Signals that wait for a person"
                columns={[...COLUMNS, answers(setAnswering)]}
                rows={items}
                keyOf={({ signal_id }) => signal_id}
              />
              {next_cursor != null && (
                <p className="border-t border-line px-4 py-2 text-sm text-text2">
                  These are the newest. Older ones are shown as these are answered.
                </p>
              )}
            </>
          )
        }
      </Answer>
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

const askedOf = ({ signal_id, signal }: SignalApprovalDocument): AskedSignal => ({
  ...signal,
  signal_id,
});

const COLUMNS: readonly Column<SignalApprovalDocument>[] = [
  { name: "Signal", phone: "top", cell: (waiting) => <SignalLink signal={askedOf(waiting)} /> },
  { name: "Source", cell: ({ signal }) => signal.source },
  {
    name: "Entry",
    isFigure: true,
    phone: "topEnd",
    hint: "US dollars per unit, as its source says",
    cell: ({ signal }) => <span title={signal.entry_price}>${decimal(signal.entry_price)}</span>,
  },
  {
    name: "Models",
    phone: "below",
    hint: "What the policy made of their answers",
    cell: ({ arithmetic: { answered, voting, score, threshold } }) => (
      <>
        {answered} of {voting} answered
        {score != null && `, score ${decimal(score)}`}
        {threshold != null && ` of ${decimal(threshold)}`}
      </>
    ),
  },
  {
    name: "Amount",
    isFigure: true,
    hint: "What its intent would be for, in units of base",
    cell: ({ arithmetic: { amount } }) =>
      amount != null && <span title={amount}>{decimal(amount)}</span>,
  },
  { name: "Waits since", isFigure: true, cell: ({ required_at }) => <Ago at={required_at} /> },
  {
    name: "Ends",
    isFigure: true,
    hint: "It may not be answered later: then it has expired",
    phone: "belowEnd",
    cell: ({ expires_at }) => <Ends at={expires_at} otherwise="" />,
  },
];

const answers = (answer: (answering: Answering) => void): Column<SignalApprovalDocument> => ({
  name: "Answer",
  isNameHidden: true,
  isFigure: true,
  phone: "more",
  cell: (waiting) => (
    <span className="inline-flex gap-2">
      <button
        type="button"
        className="button h-7 px-2"
        aria-label={`Decline… ${shortId(waiting.signal_id)}`}
        onClick={() => answer({ verdict: "decline", signal: askedOf(waiting) })}
      >
        Decline…
      </button>
      <button
        type="button"
        className="button h-7 px-2"
        aria-label={`Approve… ${shortId(waiting.signal_id)}`}
        onClick={() => answer({ verdict: "approve", signal: askedOf(waiting) })}
      >
        Approve…
      </button>
    </span>
  ),
});
