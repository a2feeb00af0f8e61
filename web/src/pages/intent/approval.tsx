/** An intent that waits for a person: how much it is worth, and the person's answer. */
import { type ReactNode, useState } from "react";
import type { IntentDocument, PlatformEvent } from "../../generated/contracts";
import { ask } from "../../live/rest";
import { useAsk } from "../../live/use_ask";
import { duration, usd } from "../../model/format";
import { Confirm } from "../../ui/dialog";
import { Moment, useNow } from "../../ui/now";
import { Notice } from "../../ui/problem";
import { wishOf } from "./amounts";

type Question = "approve" | "deny";

export function ApprovalNotice({
  intent,
  events,
}: {
  readonly intent: IntentDocument;
  readonly events: readonly PlatformEvent[];
}): ReactNode {
  const [question, setQuestion] = useState<Question | null>(null);
  const answer = useAnswer(intent.intent_id);
  const required = events.findLast((event) => event.topic === "risk.approval_required");
  const now = useNow();
  const leftMs = Date.parse(intent.expires_at) - now;
  return (
    <Notice tone="warn" title="It waits until a person approves or refuses it">
      {required?.topic === "risk.approval_required" && (
        <p>
          It is worth {usd(required.payload.notionalUsd)}, more than{" "}
          {usd(required.payload.thresholdUsd)} ({required.payload.thresholdScope ?? "settings"}).
          What it may spend stays claimed meanwhile. An approval lifts this limit and no other one.
        </p>
      )}
      <p>
        Without an answer it is refused at <Moment at={intent.expires_at} />
        {leftMs > 0 && `, in ${duration(Math.ceil(leftMs / 1_000) * 1_000)}`}.
      </p>
      {answer === null ? (
        <div className="flex flex-wrap gap-2 pt-2">
          <button type="button" className="button" onClick={() => setQuestion("approve")}>
            Approve…
          </button>
          <button
            type="button"
            className="button button-danger"
            onClick={() => setQuestion("deny")}
          >
            Refuse…
          </button>
        </div>
      ) : (
        <p className="pt-2 text-text">
          {answer.verdict === "approved" ? "Approved" : "Refused"} by {answer.answeredBy} at{" "}
          <Moment at={answer.at} />. Its portfolio decides on that now.
        </p>
      )}
      {question !== null && (
        <AnswerDialog intent={intent} question={question} onClose={() => setQuestion(null)} />
      )}
    </Notice>
  );
}

function AnswerDialog({
  intent,
  question,
  onClose,
}: {
  readonly intent: IntentDocument;
  readonly question: Question;
  readonly onClose: () => void;
}): ReactNode {
  const path = { intent_id: intent.intent_id };
  const isApproval = question === "approve";
  const answer = (note: string): Promise<unknown> =>
    isApproval
      ? ask("POST /intents/{intent_id}/approve", { path, body: note === "" ? {} : { note } })
      : ask("POST /intents/{intent_id}/deny", { path, body: { note } });
  return (
    <Confirm
      title={`${isApproval ? "Approve" : "Refuse"}: ${wishOf(intent.summary)}`}
      verb={isApproval ? "Approve the intent" : "Refuse the intent"}
      isDangerous={!isApproval}
      reason={{ label: isApproval ? "Note (optional)" : "Why", isRequired: !isApproval }}
      act={answer}
      done={<p>The answer is kept, and it stands. The intent's history says what comes of it.</p>}
      onClose={onClose}
    >
      {isApproval ? (
        <p>
          It is checked once more at the prices, limits and trading states of that moment, and goes
          on if they allow it.
        </p>
      ) : (
        <p>It ends as refused by risk, and what it claimed is free again.</p>
      )}
    </Confirm>
  );
}

interface Answer {
  readonly verdict: "approved" | "denied";
  readonly answeredBy: string;
  readonly at: string;
}

/** What a person said stands in a history of its own, before the portfolio has decided on it. */
function useAnswer(intentId: string): Answer | null {
  const { data } = useAsk(
    "GET /events",
    { query: { correlation_id: `approval-${intentId}`, limit: 1 } },
    { topics: ["risk.approval_answered"] },
  );
  const answered = data?.items[0]?.event;
  if (answered?.topic !== "risk.approval_answered") return null;
  const { verdict, answeredBy } = answered.payload as Omit<Answer, "at">;
  return { verdict, answeredBy, at: answered.timestamp };
}
