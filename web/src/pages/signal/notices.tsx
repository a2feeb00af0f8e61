/** What has to be said of a signal before everything else: why it ended, or that it waits. */
import { type ReactNode, useState } from "react";
import type { SignalDocument } from "../../generated/contracts";
import { OUTCOMES, SIGNAL_REASONS } from "../../generated/reasons";
import { useWaitingSignals } from "../../live/use_waiting_signals";
import { duration } from "../../model/format";
import { lookOfOutcome } from "../../model/signal_words";
import { Moment, useNow } from "../../ui/now";
import { Notice } from "../../ui/problem";
import { AnswerSignal, type SignalVerdict } from "../approvals/answer_signal";
import { useSignalAnswer } from "./use_signal_answer";

export function Notices({ signal }: { readonly signal: SignalDocument }): ReactNode {
  const { refusal, conclusion } = signal;
  return (
    <>
      <Waiting signal={signal} />
      {refusal != null && <Refused refusal={refusal} />}
      {conclusion != null && <Concluded conclusion={conclusion} />}
      {(signal.illegal_events ?? 0) > 0 && (
        <Notice tone="bad" title="Its history holds events that its lifecycle does not allow">
          <p>{signal.illegal_events} of them changed nothing. This is a defect: report it.</p>
        </Notice>
      )}
    </>
  );
}

function Waiting({ signal }: { readonly signal: SignalDocument }): ReactNode {
  const [verdict, setVerdict] = useState<SignalVerdict | null>(null);
  const now = useNow();
  const answer = useSignalAnswer(signal.signal_id);
  const waits = useWaitingSignals().data?.items;
  const waiting = waits?.find(({ signal_id }) => signal_id === signal.signal_id);
  const leftMs = Date.parse(waiting?.expires_at ?? signal.expires_at) - now;
  if (signal.state !== "evaluated" || leftMs <= 0) return null;
  // It is read again when somebody has answered, and then it is no longer among those that wait.
  if (waiting === undefined && answer === null) return null;
  return (
    <Notice tone="warn" title="The desk has not concluded: it waits for a person">
      <p>
        Its source is in the mode approve: an intent is submitted only after somebody has approved
        it. Without an answer it expires at <Moment at={waiting?.expires_at ?? signal.expires_at} />
        , in {duration(Math.ceil(leftMs / 1_000) * 1_000)}.
      </p>
      {answer === null ? (
        <div className="flex flex-wrap gap-2 pt-2">
          <button type="button" className="button" onClick={() => setVerdict("approve")}>
            Approve…
          </button>
          <button
            type="button"
            className="button button-danger"
            onClick={() => setVerdict("decline")}
          >
            Decline…
          </button>
        </div>
      ) : (
        <p className="pt-2 text-text">
          {answer.verdict === "approved" ? "Approved" : "Declined"} by {answer.answeredBy} at{" "}
          <Moment at={answer.at} />. The desk concludes by that now.
        </p>
      )}
      {verdict !== null && (
        <AnswerSignal signal={signal} verdict={verdict} onClose={() => setVerdict(null)} />
      )}
    </Notice>
  );
}

function Refused({
  refusal: { reason, measured, limit, detail },
}: {
  readonly refusal: NonNullable<SignalDocument["refusal"]>;
}): ReactNode {
  const { sentence, advice } = SIGNAL_REASONS[reason];
  return (
    <Notice
      tone="warn"
      isAlert
      title={
        <>
          Rejected before any model was asked: <span className="mono">{reason}</span>
        </>
      }
    >
      <p>{sentence}</p>
      {measured != null && (
        <p className="figures text-text">
          {measured}
          {limit != null && `, the limit is ${limit}`}
        </p>
      )}
      {detail != null && <p className="break-words text-text">{detail}</p>}
      <p>{advice}</p>
    </Notice>
  );
}

/** What was followed or ignored needs no notice: the arithmetic says it. */
const QUIET: ReadonlySet<string> = new Set(["submitted", "ignored", "observed"]);

function Concluded({
  conclusion: { outcome, reason, detail },
}: {
  readonly conclusion: NonNullable<SignalDocument["conclusion"]>;
}): ReactNode {
  if (QUIET.has(outcome)) return null;
  const { word, tone } = lookOfOutcome(outcome);
  const { sentence, advice } = OUTCOMES[outcome];
  return (
    <Notice
      tone={tone}
      isAlert={tone !== "off"}
      title={
        <>
          {word}
          {reason != null && (
            <>
              {": "}
              <span className="mono">{reason}</span>
            </>
          )}
        </>
      }
    >
      <p>{sentence}</p>
      {detail != null && <p className="break-words text-text">{detail}</p>}
      <p>{advice}</p>
    </Notice>
  );
}
