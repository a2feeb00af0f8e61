/** A submission that may or may not be kept: what is known of it, and what can be done. */
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { ago } from "../../model/format";
import { Confirm } from "../../ui/dialog";
import { useNow } from "../../ui/now";
import { Notice } from "../../ui/problem";
import type { Submission } from "./submission";

interface Properties {
  readonly submission: Submission;
  readonly isRepeatable: boolean;
  readonly isSending: boolean;
  readonly repeat: () => void;
  readonly setAside: () => void;
}

export function Doubt(properties: Properties): ReactNode {
  const { submission, isRepeatable, isSending, repeat, setAside } = properties;
  const [isAsking, setAsking] = useState(false);
  const now = useNow();
  const sentAt = new Date(submission.sentAt).toISOString();
  return (
    <Notice tone="unknown" title="It is not certain that this was kept" isAlert>
      <p>
        {words(submission)}, sent {ago(sentAt, now)}. Nothing else is submitted from here before it
        is settled.
      </p>
      <p>
        {isRepeatable
          ? "Ask again: the gateway knows this submission by its key, so that it is made once however often it is sent."
          : "It is too long ago to send it again without the risk of making it twice: look for it among the intents."}
      </p>
      <div className="flex flex-wrap gap-2 pt-3">
        {isRepeatable && (
          <button
            type="button"
            className="button button-primary"
            disabled={isSending}
            onClick={repeat}
          >
            {isSending ? "Asking…" : "Ask again"}
          </button>
        )}
        <LookUp submission={submission} />
        <button
          type="button"
          className="button"
          disabled={isSending}
          onClick={() => setAsking(true)}
        >
          Set aside…
        </button>
      </div>
      {isAsking && (
        <Confirm
          title="Set the submission aside?"
          verb="Set aside"
          act={async () => setAside()}
          onClose={() => setAsking(false)}
        >
          {words(submission)} may still be executed. This page forgets it and its key; if you submit
          the same again, it may be made twice.
        </Confirm>
      )}
    </Notice>
  );
}

function LookUp({ submission }: { readonly submission: Submission }): ReactNode {
  if (submission.intentId === null) {
    return (
      <Link to="/intents" className="button">
        Look among the intents
      </Link>
    );
  }
  return (
    <Link to="/intent/$id" params={{ id: submission.intentId }} className="button">
      Look it up
    </Link>
  );
}

function words({ intent }: Submission): string {
  const [base, quote] = intent.assets;
  const verb = intent.intent_type === "acquire" ? "Buy" : "Sell";
  const how = intent.intent_type === "acquire" ? "with" : "for";
  return `${verb} ${intent.amount} ${base.symbol} ${how} ${quote.symbol} (strategy ${intent.strategy_id})`;
}
