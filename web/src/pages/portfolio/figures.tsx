/** A portfolio in six figures. */
import type { ReactNode } from "react";
import type { PortfolioSummary } from "../../generated/rest";
import { amount, basisPoints, count } from "../../model/format";
import { Usd } from "../../ui/money";
import { Figure } from "../../ui/parts";
import { Gain } from "./gain";

export function Figures({ portfolio }: { readonly portfolio: PortfolioSummary }): ReactNode {
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-3">
      <Worth portfolio={portfolio} />
      <Profit portfolio={portfolio} />
    </div>
  );
}

function Worth({ portfolio }: { readonly portfolio: PortfolioSummary }): ReactNode {
  return (
    <>
      <Figure
        name="Equity"
        value={<Usd value={portfolio.equity_usd} />}
        note={<Peak portfolio={portfolio} />}
      />
      <Figure
        name="Cash"
        value={<Usd value={portfolio.cash_usd} />}
        note={
          <>
            <Usd value={portfolio.claimed_usd} /> claimed · {count(portfolio.open_intents)} open
            intents
          </>
        }
      />
      <Figure
        name="Gross exposure"
        value={<Usd value={portfolio.gross_exposure_usd} />}
        note={
          <>
            Net <Usd value={portfolio.net_exposure_usd} />
          </>
        }
      />
    </>
  );
}

function Profit({ portfolio }: { readonly portfolio: PortfolioSummary }): ReactNode {
  return (
    <>
      <Figure
        name="Profit today"
        value={<Gain value={portfolio.day_pnl_usd} />}
        note="since 00:00 UTC"
      />
      <Figure
        name="Unrealised"
        value={<Gain value={portfolio.unrealized_pnl_usd} />}
        note={byQuote(portfolio.unrealized_pnl)}
      />
      <Figure
        name="Realised"
        value={<Gain value={portfolio.realized_pnl_usd} />}
        note={
          <>
            Gas <Usd value={portfolio.gas_usd} /> · fees <Usd value={portfolio.fees_usd} />
          </>
        }
      />
    </>
  );
}

function Peak({ portfolio }: { readonly portfolio: PortfolioSummary }): ReactNode {
  const { peak_equity_usd, drawdown_bps, funded } = portfolio;
  if (!funded)
    return <span title="tradewind portfolio fund gives it capital">without capital</span>;
  if (peak_equity_usd === null) return "peak not known";
  return (
    <>
      {drawdown_bps !== null && `${basisPoints(drawdown_bps)} below `}peak{" "}
      <Usd value={peak_equity_usd} />
    </>
  );
}

const byQuote = (gains: Readonly<Record<string, string>>): string | undefined =>
  Object.entries(gains)
    .map(([symbol, value]) => `${amount(value)} ${symbol}`)
    .join(" · ") || undefined;
