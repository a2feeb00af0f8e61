/** Every rule that the intent was held to, with what it compared. */
import type { ReactNode } from "react";
import type { IntentPreview, RiskCheck } from "../../generated/rest";
import { RULE_NAMES } from "../../model/reasons";
import { compared, isCeiling, relationOf, shareOf } from "../../model/rules";
import type { Tone } from "../../model/words";
import { Meter } from "../../ui/meter";
import { TONES } from "../../ui/parts";

export function Checks({ preview }: { readonly preview: IntentPreview }): ReactNode {
  const { risk, portfolio, plan } = preview;
  return (
    <div className="divide-y divide-line">
      <Stage name="Risk" note="of the order itself" outcome={outcomeOf(risk.verdict)}>
        <Rules checks={risk.checks ?? []} />
      </Stage>
      <Stage name="Portfolio" note="of what it adds" outcome={outcomeOf(portfolio?.verdict)}>
        <Rules checks={portfolio?.checks ?? []} />
      </Stage>
      <Stage name="Plan" note="by the planner" outcome={outcomeOf(plan?.verdict)} />
    </div>
  );
}

/** A stage is not asked once one before it has refused. */
function outcomeOf(
  verdict: "approved" | "planned" | "approval_required" | "rejected" | undefined,
): Outcome {
  if (verdict === undefined) return "not asked";
  if (verdict === "approval_required") return "waits";
  return verdict === "rejected" ? "refused" : "passed";
}

function Stage({
  name,
  note,
  outcome,
  children,
}: {
  readonly name: string;
  readonly note: string;
  readonly outcome: Outcome;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <section aria-label={name} className="px-4 py-3">
      <h3 className="flex items-baseline gap-2 text-sm font-semibold">
        <Mark outcome={outcome} />
        {name}
        <span className="text-xs font-normal text-text3">
          {outcome === "not asked" ? outcome : note}
        </span>
      </h3>
      {children}
    </section>
  );
}

function Rules({ checks }: { readonly checks: readonly RiskCheck[] }): ReactNode {
  if (checks.length === 0) return null;
  return (
    <ul className="pt-1">
      {checks.map((check, place) => (
        // Two rules of one code are told apart by their place alone.
        // biome-ignore lint/suspicious/noArrayIndexKey: the order of the rules is fixed
        <Rule key={`${check.rule} ${place}`} check={check} />
      ))}
    </ul>
  );
}

function Rule({ check }: { readonly check: RiskCheck }): ReactNode {
  const { rule, passed, value, limit, scope } = check;
  const isUsed = value != null && limit != null && isCeiling(rule);
  const share = isUsed ? shareOf(value, limit) : null;
  const words = comparedWords(check);
  return (
    <li className="grid grid-cols-[16px_1fr_auto_64px] items-center gap-x-2 gap-y-0.5 py-1 text-sm max-sm:grid-cols-[16px_1fr_auto]">
      <Mark outcome={passed ? "passed" : "refused"} />
      <span className="min-w-0" title={rule}>
        {RULE_NAMES[rule]}
        {scope != null && <span className="text-xs text-text3"> · {scope}</span>}
      </span>
      <span className={`figures text-right ${passed ? "text-text2" : "text-warn"}`} title={words}>
        {words}
      </span>
      <span className="max-sm:hidden">
        {share !== null && (
          <Meter name={RULE_NAMES[rule]} value={String(share)} limit="1" shown={words} />
        )}
      </span>
    </li>
  );
}

function comparedWords({ rule, passed, value, limit }: RiskCheck): string {
  const [observed, bound] = [value, limit].map((text) =>
    text == null ? null : compared(rule, text, !passed),
  );
  if (bound == null) return observed ?? (passed ? "passed" : "not passed");
  const relation = relationOf(rule);
  return `${observed ?? "not known"} ${relation === "of" ? relation : `· ${relation}`} ${bound}`;
}

type Outcome = "passed" | "refused" | "waits" | "not asked";

const MARKS: Readonly<Record<Outcome, readonly [mark: string, tone: Tone]>> = {
  passed: ["✓", "ok"],
  refused: ["⊘", "warn"],
  waits: ["◔", "warn"],
  "not asked": ["–", "off"],
};

/** Mark and word: colour never says anything alone. */
function Mark({ outcome }: { readonly outcome: Outcome }): ReactNode {
  const [mark, tone] = MARKS[outcome];
  return (
    <span className={`w-4 text-center ${TONES[tone]}`}>
      <span aria-hidden="true">{mark}</span>
      <span className="sr-only">{outcome}</span>
    </span>
  );
}
