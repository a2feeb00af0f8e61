/** What has to be said of an intent before everything else: why it ended, or what is not known. */
import type { ReactNode } from "react";
import type { IntentDocument, PlatformEvent } from "../../generated/contracts";
import { isOver } from "../../live/intent_documents";
import { duration, shortHash } from "../../model/format";
import { reasonOf } from "../../model/reasons";
import type { Tone } from "../../model/words";
import { Clock, useNow } from "../../ui/now";
import { Copy } from "../../ui/parts";
import { Notice } from "../../ui/problem";
import { ApprovalNotice } from "./approval";
import { CancelNotice } from "./cancel";
import type { Known } from "./use_history";

export function Notices({
  intent,
  known,
}: {
  readonly intent: IntentDocument;
  readonly known: Known;
}): ReactNode {
  const last = known.events.at(-1);
  return (
    <>
      {intent.in_flight != null && <UnknownNotice intent={intent} />}
      {intent.state === "awaiting_approval" && (
        <ApprovalNotice intent={intent} events={known.events} />
      )}
      {!isOver(intent) && <CancelNotice intent={intent} />}
      {last !== undefined && isOver(intent) && <EndNotice event={last} intent={intent} />}
      {(intent.illegal_events ?? 0) > 0 && (
        <Notice tone="bad" title="Its history holds events that its lifecycle does not allow">
          <p>{intent.illegal_events} of them changed nothing. This is a defect: report it.</p>
        </Notice>
      )}
    </>
  );
}

function UnknownNotice({ intent }: { readonly intent: IntentDocument }): ReactNode {
  const now = useNow();
  const { in_flight: flight } = intent;
  if (flight == null) return null;
  const leftMs = Date.parse(flight.confirm_by) - now;
  return (
    <Notice tone="unknown" title="The outcome is unknown: money may have moved">
      <p>
        Transaction{" "}
        <Copy text={flight.tx_hash} what="the transaction's hash">
          {shortHash(flight.tx_hash)}
        </Copy>{" "}
        may happen or not; the {flight.owner} finds out, by <Clock at={flight.confirm_by} /> at the
        latest{leftMs > 0 && ` (in ${duration(Math.ceil(leftMs / 1_000) * 1_000)})`}. Submit nothing
        instead of it before that is known.
      </p>
    </Notice>
  );
}

const TITLES: Readonly<Record<string, readonly [Tone, string]>> = {
  "risk.rejected": ["warn", "Refused by risk"],
  "plan.rejected": ["warn", "No plan could be made"],
  "exec.failed": ["bad", "Execution failed"],
  "intent.expired": ["off", "Its time window closed"],
  "intent.cancelled": ["off", "It was cancelled"],
};

function EndNotice({
  event,
  intent,
}: {
  readonly event: PlatformEvent;
  readonly intent: IntentDocument;
}): ReactNode {
  const title = TITLES[event.topic];
  if (title === undefined) return null;
  const [tone, words] = title;
  const { reason, detail } = intent.summary;
  const meaning = reason == null ? null : reasonOf(event.topic, reason);
  const hasCode = reason != null && event.topic !== "intent.cancelled";
  return (
    <Notice
      tone={tone}
      isAlert={tone !== "off"}
      title={
        <>
          {words}
          {hasCode && (
            <>
              {": "}
              <span className="mono">{reason}</span>
            </>
          )}
        </>
      }
    >
      {meaning !== null && hasCode && <p>{meaning.sentence}</p>}
      {detail != null && <p className="break-words text-text">{detail}</p>}
      {event.topic === "exec.failed" && <p>{PROOFS[event.payload.proof]}</p>}
      {event.topic === "intent.expired" && (
        <p>
          Nothing of it was in flight
          {intent.summary.amount_in == null ? ": no money moved." : "; what was filled stays."}
        </p>
      )}
      {meaning !== null && hasCode && <p>What to do: {lowerFirst(meaning.advice)}</p>}
    </Notice>
  );
}

type Proof = Extract<PlatformEvent, { topic: "exec.failed" }>["payload"]["proof"];

const PROOFS: Readonly<Record<Proof, string>> = {
  not_submitted: "Nothing was submitted to the venue: no money moved.",
  reverted: "The chain undid the swap: only gas was paid.",
  cancelled: "Another transaction took its nonce: the swap cannot happen any more.",
  nonce_taken: "A foreign transaction took its nonce: the swap cannot happen any more.",
};

/** A sentence after a colon, unless it begins with a name such as POST. */
const lowerFirst = (sentence: string): string =>
  /^[A-Z][a-z]/.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence;
