/** What risk compared: every rule of every stage, with its value, its limit and whose limit it is. */
import type { ReactNode } from "react";
import type { PlatformEvent, RiskCheck } from "../../generated/contracts";
import { usd } from "../../model/format";
import { RULE_NAMES } from "../../model/reasons";
import { compared } from "../../model/rules";
import type { Look } from "../../model/words";
import { Badge, Card } from "../../ui/parts";
import { type RiskStage, usedPart, type Verdict, verdictsOf } from "./checks";

const STAGES: Readonly<Record<RiskStage, string>> = {
  instrument: "Instrument",
  portfolio: "Portfolio",
  approval: "After the person's answer",
};

const PASSED: Look = { mark: "✓", word: "Passed", tone: "ok" };
const REFUSED: Look = { mark: "⊘", word: "Refused", tone: "warn" };
const WAITS: Look = { mark: "◔", word: "Waits for a person", tone: "warn" };

export function RiskCard({ events }: { readonly events: readonly PlatformEvent[] }): ReactNode {
  const verdicts = verdictsOf(events);
  return (
    <Card title="Risk">
      {verdicts.length === 0 && (
        <p className="p-4 text-text2">Risk has not decided anything about it.</p>
      )}
      <div className="divide-y divide-line">
        {verdicts.map((verdict) => (
          <StageVerdict key={verdict.event.eventId} verdict={verdict} />
        ))}
      </div>
    </Card>
  );
}

function StageVerdict({ verdict }: { readonly verdict: Verdict }): ReactNode {
  const { stage, checks, policyVersion, event } = verdict;
  return (
    <section className="px-4 py-3" aria-label={STAGES[stage]}>
      <div className="flex items-center justify-between gap-3 pb-1">
        <h3 className="text-sm font-medium">
          {STAGES[stage]}
          {policyVersion !== null && policyVersion > 0 && (
            <span className="pl-2 text-xs font-normal text-text3">policy {policyVersion}</span>
          )}
        </h3>
        <Badge look={lookOf(event)} />
      </div>
      {checks.length === 0 ? (
        <p className="text-sm text-text2">{withoutChecks(event)}</p>
      ) : (
        <ul>
          {checks.map((check, at) => (
            // The same rule may be checked against two limits.
            // biome-ignore lint/suspicious/noArrayIndexKey: a decision's checks never change
            <Check key={at} check={check} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Check({ check }: { readonly check: RiskCheck }): ReactNode {
  const { rule, passed, value, limit, scope } = check;
  const part = usedPart(check);
  const shown = value == null ? "" : compared(rule, value, !passed);
  const most = limit == null ? "" : compared(rule, limit, !passed);
  const words = [shown, most].filter((text) => text !== "").join(` ${relation(check, part)} `);
  return (
    <li className="py-1 text-sm" title={scope == null ? rule : `${rule}, limit of ${scope}`}>
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <span className="flex min-w-0 items-baseline gap-1.5">
          <span aria-hidden="true" className={passed ? "text-ok" : "text-warn"}>
            {passed ? "✓" : "⊘"}
          </span>
          <span className="sr-only">{passed ? "passed" : "failed"}</span>
          <span className="shrink-0">{RULE_NAMES[rule]}</span>
          {scope != null && scope !== "settings" && (
            <span className="min-w-0 truncate text-xs text-text3">{scope}</span>
          )}
        </span>
        <span className={`figures ml-auto shrink-0 ${passed ? "text-text2" : "text-warn"}`}>
          {words}
        </span>
      </div>
      {part !== null && <UsedBar name={RULE_NAMES[rule]} part={part} words={words} check={check} />}
    </li>
  );
}

function UsedBar({
  name,
  part,
  words,
  check,
}: {
  readonly name: string;
  readonly part: number;
  readonly words: string;
  readonly check: RiskCheck;
}): ReactNode {
  return (
    // biome-ignore lint/a11y/useSemanticElements: the bar of <meter> looks different in each browser
    <div
      role="meter"
      aria-label={name}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(part * 100)}
      aria-valuetext={words}
      className="mt-1 h-1 overflow-hidden rounded-full bg-line"
    >
      <div
        className={`h-full rounded-full bg-current ${check.passed ? "text-ok" : "text-warn"}`}
        style={{ width: `max(2px, ${part * 100}%)` }}
      />
    </div>
  );
}

function relation({ passed }: RiskCheck, part: number | null): string {
  if (part === null) return passed ? "for" : "against";
  return passed ? "of" : "exceeds";
}

function lookOf({ topic }: PlatformEvent): Look {
  if (topic === "risk.rejected") return REFUSED;
  return topic === "risk.approval_required" ? WAITS : PASSED;
}

/** Decisions of earlier releases say what they compared in fields of their own. */
function withoutChecks(event: PlatformEvent): string {
  switch (event.topic) {
    case "risk.rejected":
      return event.payload.detail;
    case "risk.approval_required":
      return `${usd(event.payload.notionalUsd)} is more than ${usd(event.payload.thresholdUsd)}, which needs no approval.`;
    case "risk.approved":
      return event.payload.inputs && "book" in event.payload.inputs
        ? "No limit is set for it."
        : `${usd(event.payload.notionalUsd)} of at most ${usd(event.payload.maxNotionalUsd)}`;
    default:
      return "No limit is set for it.";
  }
}
