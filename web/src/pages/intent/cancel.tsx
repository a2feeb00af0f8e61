/** Asks for an intent to be cancelled. What comes of it its own history tells. */
import { type ReactNode, useState } from "react";
import type { IntentDocument } from "../../generated/contracts";
import { ask } from "../../live/rest";
import { useAsk } from "../../live/use_ask";
import { Confirm } from "../../ui/dialog";
import { Moment } from "../../ui/now";
import { Notice } from "../../ui/problem";
import { wishOf } from "./amounts";

export function CancelButton({ intent }: { readonly intent: IntentDocument }): ReactNode {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <button type="button" className="button button-danger" onClick={() => setAsking(true)}>
        Cancel…
      </button>
      {isAsking && <CancelDialog intent={intent} onClose={() => setAsking(false)} />}
    </>
  );
}

function CancelDialog({
  intent,
  onClose,
}: {
  readonly intent: IntentDocument;
  readonly onClose: () => void;
}): ReactNode {
  const path = { intent_id: intent.intent_id };
  return (
    <Confirm
      title={`Cancel: ${wishOf(intent.summary)}`}
      verb="Cancel the intent"
      act={() => ask("POST /intents/{intent_id}/cancel", { path })}
      done={
        <p>
          Requested. It is cancelled once its history says so; this page shows it as soon as that
          happens.
        </p>
      }
      onClose={onClose}
    >
      {intent.in_flight == null ? (
        <p>
          From the answer on it is neither accepted nor planned nor signed any more, and ends as
          cancelled.
        </p>
      ) : (
        <p>
          Its swap is in flight. It is replaced at its nonce by a transfer of nothing; whichever of
          the two is mined decides, so it may complete all the same.
        </p>
      )}
    </Confirm>
  );
}

/** That somebody asked for it stands in a history of its own. */
export function CancelNotice({ intent }: { readonly intent: IntentDocument }): ReactNode {
  const { data } = useAsk(
    "GET /events",
    { query: { correlation_id: `cancel-${intent.intent_id}`, limit: 1 } },
    { topics: ["intent.cancel_requested"] },
  );
  const asked = data?.items[0]?.event;
  if (asked?.topic !== "intent.cancel_requested") return null;
  const { requestedBy } = asked.payload as { readonly requestedBy: string };
  return (
    <Notice tone="off" title="Cancelling was requested">
      <p>
        By {requestedBy} at <Moment at={asked.timestamp} />. It is cancelled once its history says
        so.
      </p>
    </Notice>
  );
}
