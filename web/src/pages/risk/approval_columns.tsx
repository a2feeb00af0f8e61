/** The columns of a list of intents that wait for a person. */
import type { ApprovalDocument } from "../../generated/rest";
import { shortId } from "../../model/format";
import { Amount, Usd } from "../../ui/money";
import { Ago } from "../../ui/now";
import { Badge } from "../../ui/parts";
import type { Column } from "../../ui/table";
import type { Answering } from "./answer_dialog";
import { Ends } from "./ends";
import { IntentLink, PortfolioLink } from "./links";

const VERDICTS = {
  approved: { mark: "✓", word: "Approved", tone: "ok" },
  denied: { mark: "⊘", word: "Refused", tone: "warn" },
} as const;

export const answers = (answer: (answering: Answering) => void): Column<ApprovalDocument> => ({
  name: "Answer",
  isNameHidden: true,
  isFigure: true,
  phone: "more",
  cell: (approval) =>
    approval.verdict == null ? (
      <span className="inline-flex gap-2">
        <button
          type="button"
          className="button h-7 px-2"
          aria-label={`Refuse… ${shortId(approval.intent_id)}`}
          onClick={() => answer({ verdict: "denied", approval })}
        >
          Refuse…
        </button>
        <button
          type="button"
          className="button h-7 px-2"
          aria-label={`Approve… ${shortId(approval.intent_id)}`}
          onClick={() => answer({ verdict: "approved", approval })}
        >
          Approve…
        </button>
      </span>
    ) : (
      <span className="inline-flex items-center gap-2 text-text2">
        <Badge look={VERDICTS[approval.verdict]} /> by {approval.answered_by}, not recorded yet
      </span>
    ),
});

export const COLUMNS: readonly Column<ApprovalDocument>[] = [
  {
    name: "Order",
    phone: "top",
    cell: ({ intent_type, amount, instrument }) => (
      <>
        {intent_type === "acquire" ? "Buy " : "Sell "}
        <Amount value={amount} unit={instrument} isShort />
      </>
    ),
  },
  { name: "Portfolio", cell: ({ portfolio_id }) => <PortfolioLink id={portfolio_id} /> },
  { name: "Strategy", cell: ({ strategy_id }) => strategy_id },
  { name: "Intent", phone: "below", cell: ({ intent_id }) => <IntentLink id={intent_id} /> },
  {
    name: "Value",
    isFigure: true,
    phone: "topEnd",
    cell: ({ notional_usd }) => <Usd value={notional_usd} />,
  },
  {
    name: "Approval above",
    isFigure: true,
    hint: "The limit approval_above_usd in force for it",
    cell: ({ threshold_usd, threshold_scope }) => (
      <span title={threshold_scope ?? undefined}>
        <Usd value={threshold_usd} />
      </span>
    ),
  },
  { name: "Waits since", isFigure: true, cell: ({ required_at }) => <Ago at={required_at} /> },
  {
    name: "Ends",
    isFigure: true,
    hint: "When its time window closes: then it is refused",
    phone: "belowEnd",
    cell: ({ expires_at }) => <Ends at={expires_at} otherwise="" />,
  },
];
