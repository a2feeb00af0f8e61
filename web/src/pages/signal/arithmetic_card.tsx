/** How the desk reached its conclusion: what was compared, and what each vote added. */
import type { ReactNode } from "react";
import type { DecisionConcluded, SignalDocument } from "../../generated/contracts";
import { OUTCOMES } from "../../generated/reasons";
import { type CountedRow, countedRows, scoreFormula, stepsOf } from "../../model/arithmetic";
import { indented } from "../../model/indented";
import { lookOfOutcome, MODES } from "../../model/signal_words";
import { Badge, Card } from "../../ui/parts";
import { Code } from "../intent/code";

export function ArithmeticCard({
  concluded,
  signal,
}: {
  readonly concluded: DecisionConcluded | null;
  readonly signal: SignalDocument;
}): ReactNode {
  if (signal.state === "rejected") return null;
  return (
    <Card
      title="Arithmetic of the policy"
      aside={
        concluded && (
          <span className="truncate text-xs text-text3" title={MODES[concluded.mode].sentence}>
            {concluded.policyId}, mode {concluded.mode}
          </span>
        )
      }
    >
      {concluded === null ? (
        <p className="p-4 text-text2">The desk has not concluded yet.</p>
      ) : (
        <Concluded concluded={concluded} unit={signal.symbol} />
      )}
    </Card>
  );
}

function Concluded({
  concluded,
  unit,
}: {
  readonly concluded: DecisionConcluded;
  readonly unit: string;
}): ReactNode {
  const { arithmetic, outcome, inputs } = concluded;
  const rows = countedRows(arithmetic);
  const formula = scoreFormula(arithmetic);
  return (
    <div className="flex flex-col gap-3 p-4">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Badge look={lookOfOutcome(outcome)} />
        <span className="text-sm text-text2">{OUTCOMES[outcome].sentence}</span>
      </p>
      {rows.length > 0 && (
        <ul aria-label="Counted votes" className="flex flex-col gap-1">
          {rows.map((row) => (
            <Vote key={row.model} row={row} />
          ))}
        </ul>
      )}
      {formula !== null && (
        <p className="figures overflow-x-auto border-t border-line pt-2 text-xs text-text2">
          {formula}
        </p>
      )}
      <ul className="divide-y divide-line border-t border-line text-sm">
        {stepsOf(arithmetic, unit).map(({ name, hint, words, passed }) => (
          <li key={name} title={hint} className="flex items-baseline justify-between gap-4 py-1.5">
            <span className="flex items-baseline gap-2">
              <Mark passed={passed} />
              {name}
            </span>
            <span
              className={`figures text-right whitespace-normal! ${passed === false ? "text-warn" : "text-text2"}`}
            >
              {words}
            </span>
          </li>
        ))}
      </ul>
      <details className="text-sm">
        <summary className="cursor-pointer text-text2">The policy in force then</summary>
        <div className="pt-2">
          <Code label="Policy">{indented(inputs.policy)}</Code>
        </div>
      </details>
    </div>
  );
}

function Mark({ passed }: { readonly passed: boolean | null }): ReactNode {
  if (passed === null) return <span aria-hidden="true" className="w-3" />;
  return (
    <>
      <span aria-hidden="true" className={`w-3 ${passed ? "text-ok" : "text-warn"}`}>
        {passed ? "✓" : "⊘"}
      </span>
      <span className="sr-only">{passed ? "passed" : "failed"}</span>
    </>
  );
}

/** A bar from the middle: to the right for the signal, to the left against it. */
function Vote({ row }: { readonly row: CountedRow }): ReactNode {
  const { model, weight, confidence, product, share, isFor } = row;
  const width = Math.min(50, Math.abs(share) * 50);
  return (
    <li className="grid h-7 grid-cols-[minmax(72px,136px)_64px_minmax(0,1fr)_64px] items-center gap-3 text-sm max-md:gap-2">
      <span className="truncate" title={model}>
        {model}
      </span>
      <span className="figures text-right text-xs text-text3" title="Weight times confidence">
        {weight} × {confidence}
      </span>
      <span aria-hidden="true" className="relative h-3 overflow-hidden rounded bg-line/40">
        <span className="absolute inset-y-0 left-1/2 w-px bg-edge" />
        <span
          className={`absolute inset-y-0 bg-current ${isFor ? "text-ok" : "text-warn"}`}
          style={isFor ? { left: "50%", width: `${width}%` } : { right: "50%", width: `${width}%` }}
        />
      </span>
      <span className={`figures text-right ${isFor ? "text-ok" : "text-warn"}`}>{product}</span>
    </li>
  );
}
