/** The roles: whether their processes live, and how far they are behind. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { RoleDocument, RoleList } from "../../generated/rest";
import { count } from "../../model/format";
import { Ago } from "../../ui/now";
import { Badge, Card } from "../../ui/parts";
import { PhoneLabel } from "../../ui/phone_label";
import { Answer } from "../../ui/query";
import { type Column, Table } from "../../ui/table";
import { Known } from "./known";
import { type Counted, together } from "./lag";
import { ROLE_LOOKS, ROLE_SENTENCES } from "./look";
import { OpenLink } from "./open_link";
import { Role } from "./role";
import { usePlace } from "./use_place";

export function Roles({ roles }: { readonly roles: UseQueryResult<RoleList> }): ReactNode {
  const { search, change, close } = usePlace();
  const shown = roles.data?.items.find(({ role }) => role === search.open);
  return (
    <>
      <Card title="Roles">
        <Answer query={roles} rows={9}>
          {({ items }) => (
            <Table
              label="Roles"
              columns={COLUMNS}
              rows={items}
              keyOf={({ role }) => role}
              onOpen={({ role }) => change({ open: role })}
              isSelected={({ role }) => role === search.open}
            />
          )}
        </Answer>
      </Card>
      {shown !== undefined && <Role role={shown} onClose={close} />}
    </>
  );
}

/** What all its queue groups count together; nothing where it has none. */
function Together({
  role: { queue_groups },
  name,
  isNeed = false,
  label,
}: {
  readonly role: RoleDocument;
  readonly name: Counted;
  /** Whether any number but zero needs somebody. */
  readonly isNeed?: boolean;
  readonly label?: string;
}): ReactNode {
  if (queue_groups.length === 0) return null;
  const value = together(queue_groups, name);
  return (
    <span className={isNeed && value ? "font-medium text-warn" : ""}>
      {label !== undefined && <PhoneLabel>{label}</PhoneLabel>}
      <Known value={value} />
    </span>
  );
}

function LastError({ role }: { readonly role: RoleDocument }): ReactNode {
  const { last_dead_letter: last } = role;
  if (last === null) {
    return role.queue_groups.length > 0 && <span className="text-text3">no open error</span>;
  }
  return (
    <span className="flex min-w-0 items-baseline gap-2" title={last.error}>
      <span className="mono">{last.reason}</span>
      <Ago at={last.recorded_at} />
    </span>
  );
}

function Processes({ processes, missing_processes }: RoleDocument): ReactNode {
  if (missing_processes === 0) return count(processes);
  return (
    <span className="text-warn">
      {count(processes)}, {count(missing_processes)} silent
    </span>
  );
}

const COLUMNS: readonly Column<RoleDocument>[] = [
  {
    name: "Role",
    phone: "top",
    cell: ({ role }) => <OpenLink id={role}>{role}</OpenLink>,
  },
  {
    name: "State",
    phone: "topEnd",
    cell: ({ status }) => <Badge look={ROLE_LOOKS[status]} title={ROLE_SENTENCES[status]} />,
  },
  {
    name: "Processes",
    isFigure: true,
    hint: "How many are heard; those not heard any more are silent",
    cell: Processes,
  },
  {
    name: "Waiting",
    phone: "belowEnd",
    isFigure: true,
    hint: "Messages it has not been given yet",
    cell: (role) => <Together role={role} name="pending" label="waiting" />,
  },
  {
    name: "In work",
    isFigure: true,
    hint: "Messages it works on",
    cell: (role) => <Together role={role} name="ack_pending" />,
  },
  {
    name: "Redelivered",
    isFigure: true,
    hint: "What of those it was given more than once",
    cell: (role) => <Together role={role} name="redelivered" />,
  },
  {
    name: "Dead letters",
    isFigure: true,
    hint: "Messages it gave up that nobody has answered for",
    cell: (role) => <Together role={role} name="open_dead_letters" isNeed />,
  },
  { name: "Last error", phone: "below", cell: (role) => <LastError role={role} /> },
];
