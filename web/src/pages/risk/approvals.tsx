/** Intents that wait until a person approves or refuses them. */
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { ListPage_ApprovalDocument_ } from "../../generated/rest";
import { Card, Empty } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { Table } from "../../ui/table";
import { AnswerDialog, type Answering } from "./answer_dialog";
import { answers, COLUMNS } from "./approval_columns";

export const APPROVAL_TOPICS = [
  "risk.approval",
  "risk.rejected",
  "intent.expired",
  "intent.cancelled",
];

export function Approvals({
  query,
  title = "Waiting for a person",
}: {
  readonly query: UseQueryResult<ListPage_ApprovalDocument_>;
  readonly title?: string;
}): ReactNode {
  const [answering, setAnswering] = useState<Answering | null>(null);
  return (
    <Card title={title}>
      <Answer query={query}>
        {({ items, next_cursor }) =>
          items.length === 0 ? (
            <Nothing />
          ) : (
            <>
              <Table
                label="Approvals"
                columns={[...COLUMNS, answers(setAnswering)]}
                rows={items}
                keyOf={({ intent_id }) => intent_id}
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
      {answering !== null && (
        <AnswerDialog answering={answering} onClose={() => setAnswering(null)} />
      )}
    </Card>
  );
}

const Nothing = (): ReactNode => (
  <Empty title="Nothing waits">
    An intent that is worth more than the limit <code className="mono">approval_above_usd</code>{" "}
    waits here until somebody answers, or until its time window closes.
  </Empty>
);
