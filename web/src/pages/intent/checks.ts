/** The decisions of risk in a history, and what their rules compared. */
import type { PlatformEvent, RiskCheck } from "../../generated/contracts";
import { relationOf, shareOf } from "../../model/rules";

export type RiskStage = "instrument" | "portfolio" | "approval";

/** A decision of a stage of risk, and every rule that it checked. */
export interface Verdict {
  readonly stage: RiskStage;
  readonly event: PlatformEvent;
  readonly checks: readonly RiskCheck[];
  readonly policyVersion: number | null;
}

/** In the order in which they were made. */
export function verdictsOf(events: readonly PlatformEvent[]): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  let hasWaited = false;
  for (const event of events) {
    if (!isVerdict(event)) continue;
    verdicts.push({
      stage: hasWaited ? "approval" : stageOf(event),
      event,
      checks: event.payload.checks ?? [],
      policyVersion: event.payload.inputs?.policy?.version ?? null,
    });
    hasWaited ||= event.topic === "risk.approval_required";
  }
  return verdicts;
}

/** How much of a limit is used, from 0 to 1; null where that is not what the rule asks. */
export function usedPart({ rule, value, limit }: RiskCheck): number | null {
  if (!value || !limit || relationOf(rule) !== "of") return null;
  const share = shareOf(value, limit);
  return share === null ? null : Math.min(1, share);
}

type VerdictEvent = Extract<
  PlatformEvent,
  { topic: "risk.screened" | "risk.approved" | "risk.rejected" | "risk.approval_required" }
>;

const isVerdict = (event: PlatformEvent): event is VerdictEvent =>
  event.topic === "risk.screened" ||
  event.topic === "risk.approved" ||
  event.topic === "risk.rejected" ||
  event.topic === "risk.approval_required";

const stageOf = (event: PlatformEvent): RiskStage =>
  event.producer === "portfolio" ? "portfolio" : "instrument";
