/** Refusals, each with the rule, what it compared, and whose limit that is. */
import type { ReactNode } from "react";
import type { BlockEvent, RiskRejectionReason } from "../../generated/rest";
import type { PagesRead } from "../../live/use_pages";
import { anyReasonOf } from "../../model/reasons";
import { compared } from "../../model/rules";
import { Amount, NotKnown } from "../../ui/money";
import { Ago } from "../../ui/now";
import { Pages } from "../../ui/pages";
import type { Column } from "../../ui/table";
import { IntentLink } from "./links";

export const REFUSAL_TOPICS = ["risk.rejected", "plan.rejected", "exec.failed", "intent.expired"];

export const Refusals = ({
  read,
  empty,
}: {
  readonly read: PagesRead<BlockEvent>;
  readonly empty: ReactNode;
}): ReactNode => (
  <Pages label="Refused" read={read} columns={COLUMNS} keyOf={({ id }) => id} empty={empty} />
);

/** In full: a value that is cut could look like the limit that it exceeds. */
const written = (reason: string, value: string): string =>
  compared(reason as RiskRejectionReason, value, true);

const COLUMNS: readonly Column<BlockEvent>[] = [
  {
    name: "Rule",
    phone: "top",
    cell: ({ reason, detail }) => (
      <span className="mono" title={detail || anyReasonOf(reason)?.sentence}>
        {reason}
      </span>
    ),
  },
  { name: "By", hint: "The role that stopped it", cell: ({ stage }) => stage },
  {
    name: "Order",
    phone: "below",
    cell: ({ side, qty, symbol, instrument }) => (
      <span title={instrument}>
        {side === "acquire" ? "Buy" : "Sell"} <Amount value={qty} unit={symbol} isShort />
      </span>
    ),
  },
  { name: "Strategy", cell: ({ strategy_id }) => strategy_id },
  { name: "Intent", phone: "belowEnd", cell: ({ intent_id }) => <IntentLink id={intent_id} /> },
  {
    name: "Value",
    isFigure: true,
    hint: "What the rule compared",
    cell: ({ reason, value }) => (value == null ? <NotKnown /> : written(reason, value)),
  },
  {
    name: "Limit",
    isFigure: true,
    hint: "What it compared it with; whose limit it is stands in the title",
    cell: ({ reason, limit, scope }) =>
      limit == null ? (
        <NotKnown />
      ) : (
        <span title={scope ?? undefined}>{written(reason, limit)}</span>
      ),
  },
  {
    name: "When",
    isFigure: true,
    phone: "topEnd",
    cell: ({ timestamp }) => <Ago at={timestamp} />,
  },
];
