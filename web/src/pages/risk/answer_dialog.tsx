/** Asks before an intent that waits is approved or refused. The first answer stands. */
import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { ApprovalDocument, ApprovalVerdict } from "../../generated/rest";
import { useIntent } from "../../live/live";
import { ask } from "../../live/rest";
import { amount, shortId, usd } from "../../model/format";
import { Confirm } from "../../ui/dialog";
import { IntentBadge } from "../../ui/parts";
import { IntentLink } from "./links";

export interface Answering {
  readonly verdict: ApprovalVerdict;
  readonly approval: ApprovalDocument;
}

const APPROVAL =
  "It is checked once more, at the prices, limits and trading states of that moment: an approval lifts the threshold and no other limit.";
const DENIAL = "It ends as refused by risk, and what it claimed is free again.";

export function AnswerDialog({
  answering: { verdict, approval },
  onClose,
}: {
  readonly answering: Answering;
  readonly onClose: () => void;
}): ReactNode {
  const queries = useQueryClient();
  const { intent_id } = approval;
  const isApproval = verdict === "approved";
  const act = async (note: string): Promise<void> => {
    const asked = { path: { intent_id }, body: note === "" ? {} : { note } };
    if (isApproval) await ask("POST /intents/{intent_id}/approve", asked);
    else await ask("POST /intents/{intent_id}/deny", asked);
    await queries.invalidateQueries();
  };
  return (
    <Confirm
      title={`${isApproval ? "Approve" : "Refuse"} intent ${shortId(intent_id)}`}
      verb={isApproval ? `Approve ${usd(approval.notional_usd)}` : "Refuse"}
      isDangerous={!isApproval}
      reason={{ isRequired: !isApproval }}
      act={act}
      done={<Kept id={intent_id} />}
      onClose={onClose}
    >
      <div className="flex flex-col gap-2">
        <p className="text-text">{orderOf(approval)}</p>
        <p>{isApproval ? APPROVAL : DENIAL}</p>
      </div>
    </Confirm>
  );
}

function orderOf({ intent_type, amount: wanted, instrument, ...rest }: ApprovalDocument): string {
  const verb = intent_type === "acquire" ? "Buy" : "Sell";
  const worth = `${usd(rest.notional_usd)}, above ${usd(rest.threshold_usd)}`;
  return `${verb} ${amount(wanted)} of ${instrument} for ${rest.portfolio_id}, worth ${worth}.`;
}

function Kept({ id }: { readonly id: string }): ReactNode {
  const intent = useIntent(id);
  return (
    <p className="flex flex-wrap items-center gap-2">
      Your answer is kept. What comes of it:
      {intent !== undefined && <IntentBadge intent={intent} />}
      <IntentLink id={id} />
    </p>
  );
}
