/** What restricted trading: halts, and the policy that was in force. */
import type { ReactNode } from "react";
import { count } from "../../model/format";
import { lookOfTrading, scopeWords } from "../../model/scopes";
import type { AsOf, HaltThen } from "../../model/time/contract";
import { Fact, Facts } from "../../ui/facts";
import { Moment } from "../../ui/now";
import { Badge, Card } from "../../ui/parts";
import { type Column, Table } from "../../ui/table";

export function RulesCards({ at }: { readonly at: AsOf }): ReactNode {
  return (
    <>
      <Card title="Halts and locks">
        {at.halts.length === 0 ? (
          <p className="p-4 text-text2">Trading was not restricted.</p>
        ) : (
          <Table
            label="Halts and locks"
            columns={COLUMNS}
            rows={at.halts}
            keyOf={({ scope }) => scope}
          />
        )}
      </Card>
      <Card title="Limits">
        {at.limits === null ? (
          <p className="p-4 text-text2">No policy had been applied: settings alone limited.</p>
        ) : (
          <div className="[&_time]:whitespace-normal">
            <Facts>
              <Fact name="Policy">version {count(at.limits.policy_version)}</Fact>
              <Fact name="Applied by">{at.limits.applied_by}</Fact>
              <Fact name="Applied">
                <Moment at={at.limits.applied_at} />
              </Fact>
              <Fact name="Event">#{count(at.limits.sequence)}</Fact>
            </Facts>
          </div>
        )}
      </Card>
    </>
  );
}

const COLUMNS: readonly Column<HaltThen>[] = [
  { name: "State", phone: "topEnd", cell: ({ state }) => <Badge look={lookOfTrading(state)} /> },
  { name: "Scope", phone: "top", cell: ({ scope }) => scopeWords(scope) },
  { name: "Reason", phone: "more", cell: ({ reason }) => reason },
  { name: "By", phone: "below", cell: ({ by }) => by },
  { name: "Since", isFigure: true, phone: "belowEnd", cell: ({ since }) => <Moment at={since} /> },
];
