/** What was decided and done about an intent, stage by stage: below its history. */
import type { ReactNode } from "react";
import type { PlanDocument, PlatformEvent } from "../../generated/contracts";
import { FillsCard } from "./fills_card";
import { PlanCard } from "./plan_card";
import { RiskCard } from "./risk_card";
import { TransactionCard } from "./transaction_card";

export function StageCards({
  events,
  plan,
  children,
}: {
  readonly events: readonly PlatformEvent[];
  readonly plan: PlanDocument | null;
  /** Between the stages and the fills. */
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <>
      <div className="grid items-start gap-4 *:min-w-0 lg:grid-cols-2 xl:grid-cols-3">
        <RiskCard events={events} />
        <PlanCard events={events} plan={plan} />
        <TransactionCard events={events} plan={plan} />
      </div>
      {children}
      <FillsCard events={events} />
    </>
  );
}
