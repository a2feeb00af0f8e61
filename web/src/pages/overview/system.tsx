/** Who runs, and how much waits for them. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { BacklogDocument, RoleDocument } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { count } from "../../model/format";
import type { Look } from "../../model/words";
import { Fact, Facts } from "../../ui/facts";
import { Badge, Card } from "../../ui/parts";
import { Answer } from "../../ui/query";

const EVERY_MS = 10_000;

export function System(): ReactNode {
  const roles = useAsk("GET /roles", {}, { topics: ["system.dead_letter"], everyMs: EVERY_MS });
  return (
    <Card
      title="Roles"
      aside={
        <Link to={"/ops" as string} className="text-sm text-accent hover:underline">
          Operations
        </Link>
      }
    >
      <Answer query={roles} rows={8}>
        {({ items, backlogs }) => (
          <>
            <ul className="divide-y divide-line text-sm">
              {items.map((role) => (
                <RoleRow key={role.role} role={role} />
              ))}
            </ul>
            {backlogs && <Backlogs backlogs={backlogs} />}
          </>
        )}
      </Answer>
    </Card>
  );
}

const LOOKS: Readonly<Record<RoleDocument["status"], Look>> = {
  alive: { mark: "✓", word: "Alive", tone: "ok" },
  stalled: { mark: "✕", word: "Stalled", tone: "bad" },
  missing: { mark: "✕", word: "Missing", tone: "bad" },
  unknown: { mark: "?", word: "Unknown", tone: "off" },
};

function RoleRow({ role }: { readonly role: RoleDocument }): ReactNode {
  const waiting = role.queue_groups.reduce(
    (sum, { pending, ack_pending }) => sum + (pending ?? 0) + (ack_pending ?? 0),
    0,
  );
  return (
    <li className="flex h-9 items-center justify-between gap-3 px-4">
      <span className="capitalize">{role.role}</span>
      <span className="figures ml-auto text-xs text-text3">
        {waiting > 0 && `${count(waiting)} waiting`}
      </span>
      <Badge look={LOOKS[role.status]} />
    </li>
  );
}

function Backlogs({ backlogs }: { readonly backlogs: BacklogDocument }): ReactNode {
  return (
    <div className="border-t border-line">
      <Facts>
        <Fact name="Dead letters" hint="Messages that a role gave up, and nobody has answered for.">
          {count(backlogs.open_dead_letters)}
        </Fact>
        <Fact name="Quarantined" hint="Bytes that the ledger refused.">
          {count(backlogs.quarantined)}
        </Fact>
        <Fact name="Parked" hint="Events that wait for their predecessors.">
          {count(backlogs.parked)}
        </Fact>
        <Fact name="Stalled" hint="Open histories in which nothing has happened for long.">
          {count(backlogs.stalled)}
        </Fact>
      </Facts>
    </div>
  );
}
