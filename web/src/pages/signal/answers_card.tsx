/** What each model said, beside the others: the same lines stand at the same height. */
import { type ReactNode, useState } from "react";
import type { DecisionMade, DecisionMadeEvent, SignalDocument } from "../../generated/contracts";
import { DECISION_STATUSES } from "../../generated/reasons";
import { count, duration } from "../../model/format";
import { microUsd } from "../../model/models";
import { entryWords, stopWords } from "../../model/plans";
import { lookOfStatus, VERDICTS } from "../../model/signal_words";
import { Badge, Card, TONES } from "../../ui/parts";
import { RawDialog } from "./raw_dialog";

export function AnswersCard({
  decisions,
  signal,
}: {
  readonly decisions: readonly DecisionMadeEvent[];
  readonly signal: SignalDocument;
}): ReactNode {
  const [shown, setShown] = useState<DecisionMadeEvent | null>(null);
  if (signal.state === "rejected") return null;
  const answered = decisions.filter(({ payload }) => payload.status === "ok").length;
  return (
    <Card
      title="Answers"
      aside={
        decisions.length > 0 && (
          <span className="text-xs text-text3">
            {answered} of {decisions.length} answered
          </span>
        )
      }
    >
      {decisions.length === 0 ? (
        <p className="p-4 text-text2">No model has answered yet; this page fills by itself.</p>
      ) : (
        <div className="grid grid-cols-[repeat(auto-fit,minmax(min(230px,100%),1fr))]">
          {decisions.map((event) => (
            <AnswerColumn key={event.eventId} event={event} show={() => setShown(event)} />
          ))}
        </div>
      )}
      {shown !== null && <RawDialog event={shown} onClose={() => setShown(null)} />}
    </Card>
  );
}

function AnswerColumn({
  event,
  show,
}: {
  readonly event: DecisionMadeEvent;
  readonly show: () => void;
}): ReactNode {
  const { payload } = event;
  const isOk = payload.status === "ok";
  return (
    <article
      aria-label={payload.model}
      className="row-span-6 grid min-w-0 grid-rows-subgrid gap-y-0 border-line px-4 py-3 not-last:border-r max-md:border-r-0 max-md:not-last:border-b [&>*]:py-1.5"
    >
      <header className="min-w-0">
        <h3 className="flex flex-wrap items-baseline gap-x-2 text-sm font-medium">
          {payload.model}
          {payload.role === "shadow" && (
            <span
              title="It is asked and recorded, and counts for nothing"
              className="text-xs font-normal text-text3"
            >
              shadow
            </span>
          )}
        </h3>
        <p className="truncate text-xs text-text3" title={payload.vendorModel ?? undefined}>
          {payload.vendorModel ?? payload.vendor}
        </p>
      </header>
      <Verdict payload={payload} />
      <div>{isOk && <Plans payload={payload} />}</div>
      <div>{isOk && <Reasons reasons={payload.answer.reasons} />}</div>
      <p className="text-sm break-words text-text2">
        {isOk ? payload.answer.note : failureOf(payload)}
      </p>
      <Usage payload={payload} show={show} />
    </article>
  );
}

function Verdict({ payload }: { readonly payload: DecisionMade }): ReactNode {
  const { status, answer } = payload;
  if (status !== "ok") {
    return (
      <div className="flex flex-col gap-2">
        <Badge look={lookOfStatus(status)} title={DECISION_STATUSES[status].sentence} />
        <p className="text-xs text-text3">It counts for nothing.</p>
      </div>
    );
  }
  const look = VERDICTS[answer.decision];
  return (
    <div className="flex flex-col gap-2">
      <Badge look={look} title={answer.decision} />
      <div className="flex items-center gap-2">
        {/* biome-ignore lint/a11y/useSemanticElements: the bar of <meter> looks different in each browser */}
        <div
          role="meter"
          aria-label={`Confidence of ${payload.model}`}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={answer.confidence_pct}
          className="h-1.5 grow overflow-hidden rounded-full bg-line"
        >
          <div
            className={`h-full rounded-full bg-current ${TONES[look.tone]}`}
            style={{ width: `${answer.confidence_pct}%` }}
          />
        </div>
        <span className="figures text-sm" title="How sure it says to be">
          {answer.confidence_pct}&#8239;%
        </span>
      </div>
    </div>
  );
}

function Plans({ payload: { answer } }: { readonly payload: DecisionMade }): ReactNode {
  const { size_pct, entry_plan, risk_plan } = answer;
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-3 text-sm [&_dd]:text-right [&_dt]:text-xs [&_dt]:leading-5 [&_dt]:text-text3">
      <dt title="Percent of the signal's size">Size</dt>
      <dd className="figures">{size_pct ?? 100}&#8239;%</dd>
      <dt>Entry</dt>
      <dd>{entry_plan == null ? "–" : entryWords(entry_plan)}</dd>
      <dt>Stop</dt>
      <dd>{risk_plan == null ? "–" : stopWords(risk_plan)}</dd>
    </dl>
  );
}

const Reasons = ({ reasons }: { readonly reasons: readonly string[] }): ReactNode => (
  <ul aria-label="Reasons" className="flex flex-wrap gap-1">
    {reasons.map((reason) => (
      <li key={reason} className="mono rounded border border-line px-1.5 text-text2">
        {reason}
      </li>
    ))}
  </ul>
);

const failureOf = ({ status, detail }: DecisionMade): string =>
  detail ?? DECISION_STATUSES[status].sentence;

function Usage({
  payload: { usage, prompt, attempts, vendor },
  show,
}: {
  readonly payload: DecisionMade;
  readonly show: () => void;
}): ReactNode {
  const tokens = [usage.tokens_in, usage.tokens_out].map((one) => (one == null ? "–" : count(one)));
  const hasTokens = usage.tokens_in != null || usage.tokens_out != null;
  return (
    <footer className="flex flex-col gap-1 self-end text-xs text-text3">
      <p className="figures flex flex-wrap gap-x-3">
        <span title="How long it took">{duration(usage.latency_ms)}</span>
        {hasTokens && <span title="Tokens in and out">{tokens.join(" → ")} tokens</span>}
        {usage.cost_microusd != null && (
          <span title="What it cost">{microUsd(usage.cost_microusd)}</span>
        )}
        {attempts > 1 && <span className="text-warn">asked twice</span>}
      </p>
      <p className="truncate" title={`${prompt.version}, ${prompt.sha256}`}>
        prompt <span className="mono">{prompt.version}</span>
      </p>
      {vendor !== "baseline" && (
        <button type="button" className="button mt-1 h-7 w-fit px-2 text-xs" onClick={show}>
          Word for word…
        </button>
      )}
    </footer>
  );
}
