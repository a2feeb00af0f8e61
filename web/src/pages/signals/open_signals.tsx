/** The signals that have not ended: those that are stuck first. */
import type { ReactNode } from "react";
import { decimal, duration } from "../../model/format";
import { type OpenSignal, STAGES } from "../../model/pipeline";
import { lookOfSignal } from "../../model/signal_words";
import type { Look } from "../../model/words";
import { Badge, Card } from "../../ui/parts";
import { type Column, Table } from "../../ui/table";
import { SignalLink } from "./links";
import { Votes } from "./votes";

export function OpenSignals({
  open,
  isWhole,
}: {
  readonly open: readonly OpenSignal[];
  /** Whether all stages are shown. */
  readonly isWhole: boolean;
}): ReactNode {
  const stuck = open.filter(({ isStuck }) => isStuck).length;
  return (
    <Card
      title="On their way"
      aside={stuck > 0 && <span className="text-sm text-warn">{stuck} stuck</span>}
    >
      {open.length === 0 ? (
        <p className="p-4 text-text2">
          {isWhole
            ? "Every signal has ended. One that comes appears here by itself."
            : "No signal waits in this stage."}
        </p>
      ) : (
        <Table
          label="Signals on their way, the stuck ones first"
          columns={COLUMNS}
          rows={open}
          keyOf={({ signal }) => signal.signal_id}
        />
      )}
    </Card>
  );
}

const STUCK: Look = { mark: "!", word: "Stuck", tone: "warn" };

/** Without a word of its own where nothing is wrong. */
const lookOf = ({ signal, isStuck }: OpenSignal): Look => (isStuck ? STUCK : lookOfSignal(signal));

const COLUMNS: readonly Column<OpenSignal>[] = [
  {
    name: "State",
    phone: "topEnd",
    cell: (one) => <Badge look={lookOf(one)} title={STAGES[one.stage].meaning} />,
  },
  { name: "Signal", phone: "top", cell: ({ signal }) => <SignalLink signal={signal} /> },
  { name: "Source", phone: "below", cell: ({ signal }) => signal.source },
  {
    name: "Entry",
    isFigure: true,
    hint: "US dollars per unit, as its source says",
    cell: ({ signal }) => <span title={signal.entry_price}>{decimal(signal.entry_price)}</span>,
  },
  { name: "Models", cell: ({ signal }) => <Votes decisions={signal.decisions} /> },
  {
    name: "Waits for",
    hint: "Who has to do something about it",
    cell: ({ stage }) => <span className="text-text2">{STAGES[stage].role}</span>,
  },
  {
    name: "In this stage",
    isFigure: true,
    phone: "belowEnd",
    hint: "A stage that takes several times what it should is stuck",
    cell: ({ waitedMs, isStuck }) => (
      <span className={isStuck ? "text-warn" : "text-text2"}>{duration(seconds(waitedMs))}</span>
    ),
  },
  {
    name: "Left",
    isFigure: true,
    hint: "Until it may not be decided any more",
    cell: ({ leftMs }) => (
      <span className={leftMs <= 0 ? "text-warn" : "text-text2"}>
        {leftMs <= 0 ? "over" : duration(seconds(leftMs))}
      </span>
    ),
  },
];

const seconds = (ms: number): number => Math.floor(ms / 1_000) * 1_000;
