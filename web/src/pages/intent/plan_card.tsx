/** How the intent is to be executed: the route through its pools, and what it must bring. */
import type { ReactNode } from "react";
import type {
  Asset,
  ExecutionStep,
  PlanDocument,
  PlatformEvent,
  RouteLeg,
  StepDocument,
} from "../../generated/contracts";
import { PLAN } from "../../generated/lifecycles";
import { count, duration, shortHash } from "../../model/format";
import { Fact, Facts } from "../../ui/facts";
import { Units, Usd } from "../../ui/money";
import { Card, Copy } from "../../ui/parts";
import { boughtBy, soldBy } from "./amounts";
import { poolFee, routeWords, venueWords } from "./gist";

type PlanCreated = Extract<PlatformEvent, { topic: "plan.created" }>;

export function PlanCard({
  events,
  plan,
}: {
  readonly events: readonly PlatformEvent[];
  readonly plan: PlanDocument | null;
}): ReactNode {
  const created = events.findLast((event): event is PlanCreated => event.topic === "plan.created");
  return (
    <Card
      title="Plan"
      aside={
        plan && (
          <span title={PLAN.states[plan.status]} className="text-sm text-text2">
            {STATUS_WORDS[plan.status]}
          </span>
        )
      }
    >
      {plan === null ? (
        <p className="p-4 text-text2">{withoutPlan(events)}</p>
      ) : (
        <>
          {plan.steps.map((step) => (
            <div key={step.index} className="border-b border-line">
              <StepFacts step={step} isOnly={plan.steps.length === 1} />
            </div>
          ))}
          <Facts isStacked>
            <Fact name="Estimated cost" hint="Gas, in dollars">
              <Usd value={plan.estimated_cost} />
            </Fact>
            <Fact name="Estimated duration">{duration(plan.estimated_duration_ms)}</Fact>
            {created?.payload.inputs?.market != null && (
              <Fact name="Market" hint="What of the market it was planned on, by its hash">
                <Copy text={created.payload.inputs.market} what="the market's hash">
                  {shortHash(created.payload.inputs.market)}
                </Copy>
              </Fact>
            )}
            <Fact name="Plan">
              <Copy text={plan.plan_id} what="the plan's id">
                {plan.plan_id}
              </Copy>
            </Fact>
          </Facts>
        </>
      )}
    </Card>
  );
}

const STATUS_WORDS: Readonly<Record<PlanDocument["status"], string>> = {
  created: "Created",
  in_progress: "In progress",
  completed: "Completed",
  failed: "Failed",
  expired: "Expired",
  cancelled: "Cancelled",
};

function StepFacts({
  step: { step, index },
  isOnly,
}: {
  readonly step: StepDocument;
  readonly isOnly: boolean;
}): ReactNode {
  const [sold, bought] = [soldBy(step), boughtBy(step)];
  const { route } = step;
  return (
    <>
      {!isOnly && <h3 className="px-4 pt-3 text-sm font-medium">Step {index + 1}</h3>}
      <Facts isStacked>
        <Fact name="Route">
          {routeWords(step)} {venueWords(step.venue)}
        </Fact>
        <Fact name="Sells">
          <Units value={step.amount_in} decimals={sold.decimals} unit={sold.symbol} />
        </Fact>
        <Fact name="Quoted" hint="What the pools promised at that moment">
          <Units value={route.amount_out} decimals={bought.decimals} unit={bought.symbol} />
        </Fact>
        <Fact name="At least" hint="The swap is undone if it would bring less">
          <Units value={step.min_out} decimals={bought.decimals} unit={bought.symbol} />
        </Fact>
        {legsOf(step).map(({ leg, from, to }) => (
          <Fact key={leg.pool} name={`Pool ${poolFee(leg.fee_pips)}`}>
            <span className="flex flex-wrap items-baseline justify-end gap-x-2">
              <Copy text={leg.pool} what="the pool's address">
                {shortHash(leg.pool)}
              </Copy>
              {from && to && (
                <span className="text-xs text-text3">
                  {from.symbol} to {to.symbol}, {ticks(leg.ticks_crossed)}
                </span>
              )}
            </span>
          </Fact>
        ))}
        <Fact name="Gas estimate">
          <span className="figures">{count(route.gas_estimate)}</span>
        </Fact>
        <Fact name="Priced at" hint="The block of the oldest pool state it uses">
          <span className="figures">block {count(route.block_number)}</span>
        </Fact>
      </Facts>
    </>
  );
}

interface Leg {
  readonly leg: Pick<RouteLeg, "pool" | "fee_pips" | "ticks_crossed">;
  /** Tokens between which the pool trades; absent for one that the step does not name. */
  readonly from: Asset | undefined;
  readonly to: Asset | undefined;
}

function legsOf(step: ExecutionStep): readonly Leg[] {
  const named = (address: string): Asset | undefined =>
    [step.base, step.quote].find((asset) => asset.address === address);
  const legs = step.route.legs ?? [];
  if (legs.length === 0) return [{ leg: step.route, from: soldBy(step), to: boughtBy(step) }];
  return legs.map((leg) => ({ leg, from: named(leg.token_in), to: named(leg.token_out) }));
}

const ticks = (crossed: number): string => (crossed === 1 ? "1 tick" : `${crossed} ticks`);

function withoutPlan(events: readonly PlatformEvent[]): string {
  const last = events.at(-1);
  if (last?.topic === "plan.rejected") return last.payload.detail;
  return events.some(({ topic }) => topic === "risk.rejected")
    ? "It was refused before it was planned."
    : "It has no plan.";
}
