/** The facts of an intent: what it was worth, what it paid and received, how long it took. */
import { type ReactNode, useState } from "react";
import type { Asset, IntentDocument, PlanDocument } from "../../generated/contracts";
import { isOver } from "../../live/intent_documents";
import { divide, formatDecimal, parseDecimal } from "../../model/decimal";
import { duration, price } from "../../model/format";
import { Fact, Facts } from "../../ui/facts";
import { Icon } from "../../ui/icons";
import { Units, Usd } from "../../ui/money";
import { Moment, useNow } from "../../ui/now";

export function IntentFacts({
  intent,
  plan,
}: {
  readonly intent: IntentDocument;
  readonly plan: PlanDocument | null;
}): ReactNode {
  const { summary } = intent;
  const step = plan?.steps[0]?.step;
  const [sold, bought] = step ? swapped(step.base, step.quote, step.token_in) : [];
  return (
    <section className="card min-w-0 [&_time]:whitespace-normal" aria-label="Facts">
      <Facts>
        <Fact name={isOver(intent) ? "Duration" : "Open for"} hint="From submission to its end">
          <Elapsed intent={intent} />
        </Fact>
        <Fact name="Value" hint="What risk took the amount to be worth">
          <Usd value={summary.notional_usd} />
        </Fact>
        {sold && bought && summary.amount_in != null && (
          <>
            <Fact name="Paid">
              <Units value={summary.amount_in} decimals={sold.decimals} unit={sold.symbol} />
            </Fact>
            <Fact name="Received">
              <Units value={summary.amount_out} decimals={bought.decimals} unit={bought.symbol} />
            </Fact>
          </>
        )}
        {summary.average_price != null && (
          <Fact name="Average price" hint="Over all fills, fees of the pools included">
            <AveragePrice text={summary.average_price} pair={summary.pair} />
          </Fact>
        )}
        <Fact name="Strategy">
          <span className="break-all">{summary.strategy_id}</span>
        </Fact>
        <Fact name="Submitted">
          <Moment at={intent.submitted_at} />
        </Fact>
        {!isOver(intent) && (
          <Fact name="Window closes" hint="It expires then unless it is in flight">
            <Moment at={intent.expires_at} />
          </Fact>
        )}
      </Facts>
    </section>
  );
}

function Elapsed({ intent }: { readonly intent: IntentDocument }): ReactNode {
  const now = useNow();
  const end = isOver(intent) ? Date.parse(intent.last_event_time) : now;
  const ms = Math.max(0, end - Date.parse(intent.submitted_at));
  return <span className="figures">{duration(ms)}</span>;
}

/** A price as quote per base, or the other way round. */
function AveragePrice({ text, pair }: { readonly text: string; readonly pair: string }): ReactNode {
  const [isInverse, setInverse] = useState(false);
  const [base = "", quote = ""] = pair.split("/");
  const shown = isInverse ? inverse(text) : text;
  const unit = isInverse ? `${base} per ${quote}` : `${quote} per ${base}`;
  return (
    <span className="inline-flex items-center gap-1">
      <span className="figures" title={`${shown} ${unit}`}>
        {price(shown)} <span className="text-text3">{isInverse ? base : quote}</span>
      </span>
      <button
        type="button"
        className="within-text cursor-pointer rounded text-text3 hover:text-accent"
        aria-label={`Show ${isInverse ? `${quote} per ${base}` : `${base} per ${quote}`}`}
        onClick={() => setInverse(!isInverse)}
      >
        <Icon name="swap" />
      </button>
    </span>
  );
}

const ONE = { digits: 1n, scale: 0 };
const INVERSE_DIGITS = 18;

const inverse = (text: string): string => {
  const turned = divide(ONE, parseDecimal(text), INVERSE_DIGITS);
  return turned === null ? text : formatDecimal(turned);
};

const swapped = (base: Asset, quote: Asset, tokenIn: string): readonly [Asset, Asset] =>
  tokenIn === base.address ? [base, quote] : [quote, base];
