/** What would become of the intent: verdict, amounts, and every rule with what it compared. */
import type { ReactNode } from "react";
import type { IntentPreview, PlanPreview } from "../../generated/rest";
import { count, exactPercent, price, units, usd } from "../../model/format";
import { Fact, Facts } from "../../ui/facts";
import { Units } from "../../ui/money";
import { useNow } from "../../ui/now";
import { Badge, Card, Empty, Skeleton } from "../../ui/parts";
import { Problem } from "../../ui/problem";
import { Checks } from "./checks";
import type { Pair, Side } from "./draft";
import type { Previewed } from "./use_preview";
import { amountsOf, priceOf, routeWords, verdictOf } from "./verdict";

const WEI_DECIMALS = 18;

interface Properties {
  readonly previewed: Previewed;
  readonly side: Side;
  readonly pair: Pair | undefined;
  /** Whether the form says enough for a preview. */
  readonly isAsked: boolean;
}

export function Preview({ previewed, side, pair, isAsked }: Properties): ReactNode {
  const { query, current } = previewed;
  const { data, error, isFetching, dataUpdatedAt } = query;
  const isShown = isAsked && data !== undefined && pair !== undefined;
  return (
    <Card
      title="Preview"
      aside={isShown && <AsOf preview={data} at={dataUpdatedAt} isBehind={current === null} />}
    >
      {isAsked && error !== null && (
        <div className="p-4">
          <Problem error={error} />
        </div>
      )}
      {!isAsked && (
        <Empty title="No preview yet">
          Choose a pair and an amount. Here stands what risk, the portfolio and the planner would
          say of it, and nothing is sent before you press the button.
        </Empty>
      )}
      {isAsked && data === undefined && error === null && isFetching && <Skeleton rows={8} />}
      {isShown && (
        <>
          <Banner preview={data} />
          {data.plan?.verdict === "planned" && <Plan plan={data.plan} side={side} pair={pair} />}
          <Checks preview={data} />
        </>
      )}
    </Card>
  );
}

/** Of which block it is: an old preview says so. */
function AsOf({
  preview: { risk, plan },
  at,
  isBehind,
}: {
  readonly preview: IntentPreview;
  readonly at: number;
  readonly isBehind: boolean;
}): ReactNode {
  const now = useNow();
  if (isBehind) return <span className="text-xs text-text3">Asking again…</span>;
  const block = plan?.block_number ?? risk.price_block_number;
  const age = plan?.age_seconds ?? risk.price_age_seconds;
  if (block == null || age == null) return null;
  // The server says how old it was; what has passed since is this page's own clock's.
  const seconds = Math.max(0, Math.floor(Number(age) + (now - at) / 1_000));
  return (
    <span className="figures text-xs text-text3">
      as of block {count(block)}, {seconds} s ago
    </span>
  );
}

function Banner({ preview }: { readonly preview: IntentPreview }): ReactNode {
  const { look, detail, code, reason } = verdictOf(preview);
  return (
    <div role="status" className="flex flex-col gap-1 border-b border-line p-4">
      <span className="flex flex-wrap items-center gap-2">
        <Badge look={look} />
        {code !== null && <span className="mono text-text2">{code}</span>}
      </span>
      {reason !== null && <p className="font-medium">{reason.sentence}</p>}
      <p className="break-words text-text2">{detail}</p>
      {reason !== null && <p className="text-text2">{reason.advice}</p>}
    </div>
  );
}

function Plan({
  plan,
  side,
  pair,
}: {
  readonly plan: PlanPreview;
  readonly side: Side;
  readonly pair: Pair;
}): ReactNode {
  const amounts = amountsOf(plan, side);
  if (amounts === null) return null;
  const { base, quote } = pair;
  const [sold, bought] = side === "acquire" ? [quote, base] : [base, quote];
  const rate = priceOf(amounts, pair);
  return (
    <div className="border-b border-line">
      <Facts>
        <Fact name="You sell">
          <Units value={plan.amount_in} decimals={sold.decimals} unit={sold.symbol} />
        </Fact>
        <Fact name="You receive, about">
          <Units value={plan.expected_out} decimals={bought.decimals} unit={bought.symbol} />
        </Fact>
        <Fact name="At least" hint="With less the swap is undone on the chain: only gas is lost.">
          <Units value={plan.min_out} decimals={bought.decimals} unit={bought.symbol} />
        </Fact>
        {rate !== null && (
          <Fact name="Price" hint="Of this amount, fees of the pools included.">
            <span className="figures" title={`${rate} ${quote.symbol} for 1 ${base.symbol}`}>
              {price(rate)} <span className="text-text3">{quote.symbol}</span>
            </span>
          </Fact>
        )}
        {plan.price_impact != null && (
          <Fact
            name="Price impact"
            hint="How much worse than the pools' present price, their fees included."
          >
            <span className="figures">{exactPercent(plan.price_impact)}</span>
          </Fact>
        )}
        {plan.estimated_cost_usd != null && (
          <Fact name="Cost" hint="Fees of the pools, price impact and gas together.">
            <span className="figures">{usd(plan.estimated_cost_usd)}</span>
          </Fact>
        )}
        <Fact name="Gas">{gasWords(plan)}</Fact>
        {plan.route != null && <Fact name="Route">{routeWords(plan.route)}</Fact>}
        {plan.venue != null && <Fact name="Venue">{plan.venue}</Fact>}
      </Facts>
    </div>
  );
}

function gasWords({ gas_estimate, gas_cost_wei }: PlanPreview): ReactNode {
  if (gas_estimate == null) return "none";
  const gas = `${count(gas_estimate)} gas`;
  if (gas_cost_wei == null) return gas;
  return (
    <span className="figures" title={`${gas}, ${gas_cost_wei} wei at the next block's price`}>
      {units(gas_cost_wei, WEI_DECIMALS)} <span className="text-text3">ETH</span>
    </span>
  );
}
