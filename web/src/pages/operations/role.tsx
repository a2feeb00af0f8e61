/** One role: its loops, and the queue groups whose messages it handles. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { LoopDocument, QueueGroupDocument, RoleDocument } from "../../generated/rest";
import { count, duration } from "../../model/format";
import { Dialog } from "../../ui/dialog";
import { Fact, Facts } from "../../ui/facts";
import { Badge } from "../../ui/parts";
import { Notice } from "../../ui/problem";
import { type Column, Table } from "../../ui/table";
import { Known } from "./known";
import { LOOP_LOOKS, ROLE_LOOKS, ROLE_SENTENCES } from "./look";

export function Role({
  role,
  onClose,
}: {
  readonly role: RoleDocument;
  readonly onClose: () => void;
}): ReactNode {
  const { last_dead_letter: last } = role;
  const needsSomebody = role.status === "missing" || role.status === "stalled";
  return (
    <Dialog title={`Role ${role.role}`} onClose={onClose} isDrawer>
      {needsSomebody && (
        <Notice tone="bad" title={ROLE_SENTENCES[role.status]}>
          {role.status === "missing" && <span className="mono">tradewind worker {role.role}</span>}
        </Notice>
      )}
      <div className="-mx-4">
        <Facts isStacked>
          <Fact name="State">
            <Badge look={ROLE_LOOKS[role.status]} title={ROLE_SENTENCES[role.status]} />
          </Fact>
          <Fact name="Processes">{count(role.processes)}</Fact>
          <Fact name="Not heard any more" hint="Processes heard two minutes ago, and not now">
            {count(role.missing_processes)}
          </Fact>
          <Fact name="Runs as">{role.kind}</Fact>
        </Facts>
      </div>
      {last !== null && (
        <Notice tone="warn" title={`The newest open dead letter: ${last.reason}`}>
          <p className="break-words">{last.error}</p>
          <Link
            to="/ops/$tab"
            params={{ tab: "dead-letters" }}
            search={{ open: last.dead_letter_id }}
            className="mono text-accent hover:underline"
          >
            {last.dead_letter_id}
          </Link>
        </Notice>
      )}
      <Part title="Queue groups" isEmpty={role.queue_groups.length === 0}>
        <Table
          label="Queue groups"
          columns={GROUP_COLUMNS}
          rows={role.queue_groups}
          keyOf={({ queue_group }) => queue_group}
        />
      </Part>
      <Part title="Loops" isEmpty={role.loops.length === 0}>
        <Table label="Loops" columns={LOOP_COLUMNS} rows={role.loops} keyOf={({ loop }) => loop} />
      </Part>
    </Dialog>
  );
}

function Part({
  title,
  isEmpty,
  children,
}: {
  readonly title: string;
  readonly isEmpty: boolean;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <section aria-label={title} className="-mx-4 border-t border-line pt-3">
      <h3 className="px-4 pb-1 text-sm font-semibold">{title}</h3>
      {isEmpty ? <p className="px-4 text-text3">none</p> : children}
    </section>
  );
}

const GROUP_COLUMNS: readonly Column<QueueGroupDocument>[] = [
  {
    name: "Group",
    phone: "top",
    cell: ({ queue_group, topics }) => (
      <span className="mono" title={topics.join(", ") || "whole streams"}>
        {queue_group}
      </span>
    ),
  },
  {
    name: "State",
    phone: "topEnd",
    cell: ({ status }) => <Badge look={GROUP_LOOKS[status]} />,
  },
  { name: "In order of", phone: "below", cell: ({ order }) => ORDERS[order] },
  { name: "Partitions", isFigure: true, cell: ({ consumers }) => count(consumers) },
  {
    name: "Waiting",
    phone: "belowEnd",
    isFigure: true,
    cell: ({ pending }) => <Known value={pending} />,
  },
  { name: "In work", isFigure: true, cell: ({ ack_pending }) => <Known value={ack_pending} /> },
  { name: "Again", isFigure: true, cell: ({ redelivered }) => <Known value={redelivered} /> },
];

const GROUP_LOOKS = {
  active: { mark: "✓", word: "Active", tone: "ok" },
  missing: { mark: "✕", word: "Missing", tone: "bad" },
  unknown: { mark: "?", word: "Not known", tone: "off" },
} as const;

const ORDERS = { unordered: "no order", instrument: "instrument", portfolio: "portfolio" } as const;

const LOOP_COLUMNS: readonly Column<LoopDocument>[] = [
  { name: "Loop", phone: "top", cell: ({ loop }) => loop },
  { name: "State", phone: "topEnd", cell: ({ status }) => <Badge look={LOOP_LOOKS[status]} /> },
  {
    name: "Last moved",
    phone: "below",
    isFigure: true,
    cell: ({ last_alive_ms_ago }) => `${duration(last_alive_ms_ago)} ago`,
  },
];
