/** What models said of a signal, a mark for each: their words are in its title. */
import type { ReactNode } from "react";
import type { SignalDecision } from "../../generated/contracts";
import { lookOfStatus, statusWord, VERDICTS } from "../../model/signal_words";
import { TONES } from "../../ui/parts";

export function Votes({
  decisions,
}: {
  readonly decisions: readonly SignalDecision[] | undefined;
}): ReactNode {
  if (decisions === undefined || decisions.length === 0) return null;
  return (
    <ul aria-label="Answers of the models" className="inline-flex gap-1 align-middle">
      {decisions.map((decision) => (
        <Vote key={decision.decision_id} decision={decision} />
      ))}
    </ul>
  );
}

function Vote({ decision }: { readonly decision: SignalDecision }): ReactNode {
  const { model, role, status } = decision;
  const { mark, tone } = status === "ok" ? VERDICTS[decision.decision] : lookOfStatus(status);
  const isShadow = role === "shadow";
  return (
    <li
      title={voteWords(decision)}
      className={`inline-grid size-5 place-items-center rounded text-xs font-medium ${TONES[tone]} ${isShadow ? "border border-dashed border-current" : "tint"}`}
    >
      <span aria-hidden="true">{mark}</span>
      <span className="sr-only">{`${model}: ${saidBy(decision)}`}</span>
    </li>
  );
}

const saidBy = ({ status, decision, confidence_pct }: SignalDecision): string =>
  status === "ok"
    ? `${VERDICTS[decision].word}, ${confidence_pct}\u202f%`
    : statusWord(status).toLowerCase();

export const voteWords = (decision: SignalDecision): string =>
  `${decision.model}${decision.role === "shadow" ? " (shadow, counts for nothing)" : ""}: ${saidBy(decision)}`;
