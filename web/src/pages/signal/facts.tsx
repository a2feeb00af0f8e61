/** What its source said of it, and what the platform fixed when it took it. */
import type { ReactNode } from "react";
import type { SignalDocument } from "../../generated/contracts";
import { isSignalOver } from "../../live/signal_documents";
import { decimal, duration } from "../../model/format";
import { bpsPercent, MODES, pairOf } from "../../model/signal_words";
import { Fact, Facts } from "../../ui/facts";
import { Ago, Moment, useNow } from "../../ui/now";

export function SignalFacts({ signal }: { readonly signal: SignalDocument }): ReactNode {
  const { enrichment, conclusion, liquidation_price } = signal;
  return (
    <section className="card" aria-label="Facts">
      <Facts>
        <Fact name="Source" hint="Who sent it; its strategy is below">
          {signal.source} <span className="block text-xs text-text3">{signal.strategy_id}</span>
        </Fact>
        <Fact name="Entry price" hint="US dollars per unit, as its source says">
          <span className="figures" title={signal.entry_price}>
            ${decimal(signal.entry_price)}
          </span>
        </Fact>
        {enrichment != null && (
          <Fact name="Mid when enriched" hint="The middle of the book that models were told of">
            <span className="figures">${decimal(enrichment.mid_price)}</span>
            <span className="figures block text-xs text-text3">
              {bpsPercent(enrichment.entry_drift_bps)} from entry
            </span>
          </Fact>
        )}
        <Fact name="Size" hint={`Traded as ${pairOf(signal.instrument)}`}>
          <span className="figures">
            {decimal(signal.size)} <span className="text-text3">{signal.symbol}</span>
          </span>
          <span className="block text-xs text-text3">as {pairOf(signal.instrument)}</span>
        </Fact>
        {liquidation_price != null && (
          <Fact name="Liquidation">
            <span className="figures">${decimal(liquidation_price)}</span>
          </Fact>
        )}
        <Fact name="Received" hint="When the gateway took it">
          <Ago at={signal.received_at} />
          <span className="block text-xs text-text3">
            <Moment at={signal.received_at} />
          </span>
        </Fact>
        <Fact name={isSignalOver(signal) ? "Took" : "Open for"} hint="From receipt to its end">
          <Lasted signal={signal} />
        </Fact>
        {conclusion != null && (
          <Fact name="Policy" hint={MODES[conclusion.mode].sentence}>
            {conclusion.policy_id}
            <span className="block text-xs text-text3">mode {conclusion.mode}</span>
          </Fact>
        )}
      </Facts>
    </section>
  );
}

function Lasted({ signal }: { readonly signal: SignalDocument }): ReactNode {
  const now = useNow();
  const isOver = isSignalOver(signal);
  const end = isOver ? Date.parse(signal.last_event_time) : now;
  const lasted = Math.max(0, end - Date.parse(signal.received_at));
  return (
    <span className="figures">
      {duration(isOver ? lasted : Math.floor(lasted / 1_000) * 1_000)}
    </span>
  );
}
