/** Asks before a signal that waits is approved or declined. The first answer stands. */
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { SignalDocument } from "../../generated/contracts";
import { useSignal } from "../../live/live";
import { ask } from "../../live/rest";
import { decimal, shortId } from "../../model/format";
import { wishOfSignal } from "../../model/signal_words";
import { Confirm } from "../../ui/dialog";
import { SignalBadge } from "../signals/links";

export type AskedSignal = Pick<
  SignalDocument,
  "signal_id" | "signal_direction" | "size" | "symbol" | "entry_price" | "source"
>;
export type SignalVerdict = "approve" | "decline";

const APPROVAL =
  "If the policy follows it, an intent is submitted, which stands before the same risk as every other. An approval changes nothing about what the models said.";
const DECLINE = "It ends as declined, and no intent is submitted.";

export function AnswerSignal({
  signal,
  verdict,
  onClose,
}: {
  readonly signal: AskedSignal;
  readonly verdict: SignalVerdict;
  readonly onClose: () => void;
}): ReactNode {
  const queries = useQueryClient();
  const { signal_id } = signal;
  const isApproval = verdict === "approve";
  const act = async (note: string): Promise<void> => {
    const asked = { path: { signal_id }, body: note === "" ? {} : { note } };
    if (isApproval) await ask("POST /signals/{signal_id}/approve", asked);
    else await ask("POST /signals/{signal_id}/decline", asked);
    await queries.invalidateQueries();
  };
  return (
    <Confirm
      title={`${isApproval ? "Approve" : "Decline"} signal ${shortId(signal_id)}`}
      verb={isApproval ? "Approve the signal" : "Decline the signal"}
      isDangerous={!isApproval}
      reason={{ label: isApproval ? "Note (optional)" : "Why", isRequired: !isApproval }}
      act={act}
      done={<Kept id={signal_id} />}
      onClose={onClose}
    >
      <div className="flex flex-col gap-2">
        <p className="text-text">
          {wishOfSignal(signal)} at ${decimal(signal.entry_price)}, from {signal.source}.
        </p>
        <p>{isApproval ? APPROVAL : DECLINE}</p>
      </div>
    </Confirm>
  );
}

function Kept({ id }: { readonly id: string }): ReactNode {
  const signal = useSignal(id);
  return (
    <p className="flex flex-wrap items-center gap-2">
      Your answer is kept. What comes of it:
      {signal !== undefined && <SignalBadge signal={signal} />}
      <Link to="/signal/$id" params={{ id }} className="mono text-accent hover:underline">
        {shortId(id)}
      </Link>
    </p>
  );
}
