/** All portfolios, and what they are worth together. */
import type { ReactNode } from "react";
import type { LivePortfolio, PortfolioSummary } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { usePages } from "../../live/use_pages";
import { count } from "../../model/format";
import { lookOfTrading, STATE_SENTENCES, scopeWords } from "../../model/scopes";
import { Usd } from "../../ui/money";
import { Page } from "../../ui/page";
import { Pages } from "../../ui/pages";
import { Badge, Card, Empty, Figure } from "../../ui/parts";
import { Answer } from "../../ui/query";
import type { Column } from "../../ui/table";
import { PortfolioLink } from "../risk/links";
import { Gain } from "./gain";

const TOPICS = ["portfolio.", "system.trading_state_changed"];

export function PortfolioList(): ReactNode {
  const together = useAsk("GET /live/portfolio", {}, { topics: TOPICS });
  const portfolios = usePages("GET /portfolios", {}, TOPICS);
  return (
    <Page title="Portfolio">
      <Answer query={together} rows={2}>
        {(sums) => sums.portfolios.length > 0 && <Together sums={sums} />}
      </Answer>
      <Card title="Portfolios">
        <Pages
          label="Portfolios"
          read={portfolios}
          columns={COLUMNS}
          keyOf={({ portfolio_id }) => portfolio_id}
          empty={<NoPortfolio />}
        />
      </Card>
    </Page>
  );
}

const NoPortfolio = (): ReactNode => (
  <Empty title="No portfolio yet">
    A portfolio begins with the first intent that is decided for it. Submit an intent, or run{" "}
    <code className="mono">make demo</code>.
  </Empty>
);

function Together({ sums }: { readonly sums: LivePortfolio }): ReactNode {
  return (
    <div className="grid grid-cols-2 gap-3 lg:grid-cols-5">
      <Figure
        name="Equity"
        value={<Usd value={sums.equity_usd} />}
        note={sums.truncated ? "of the first 200 portfolios" : "of all portfolios"}
      />
      <Figure name="Cash" value={<Usd value={sums.cash_usd} />} note="pegged to the dollar" />
      <Figure
        name="Gross exposure"
        value={<Usd value={sums.gross_exposure_usd} />}
        note={<>Net {<Usd value={sums.net_exposure_usd} />}</>}
      />
      <Figure
        name="Profit today"
        value={<Gain value={sums.day_pnl_usd} />}
        note="since 00:00 UTC"
      />
      <Figure
        name="Open intents"
        value={count(sums.open_intents)}
        note={<>{<Usd value={sums.claimed_usd} />} claimed at most</>}
      />
    </div>
  );
}

/** The state that counts for a portfolio; whose it is and why is in the title. */
export const PortfolioState = ({ of }: { readonly of: PortfolioSummary }): ReactNode => (
  <Badge
    look={lookOfTrading(of.state)}
    title={
      of.state_scope === null
        ? STATE_SENTENCES[of.state]
        : `${STATE_SENTENCES[of.state]} ${scopeWords(of.state_scope)}: ${of.state_reason ?? ""}`
    }
  />
);

const COLUMNS: readonly Column<PortfolioSummary>[] = [
  {
    name: "Portfolio",
    phone: "top",
    cell: ({ portfolio_id }) => <PortfolioLink id={portfolio_id} />,
  },
  { name: "State", phone: "below", cell: (one) => <PortfolioState of={one} /> },
  {
    name: "Equity",
    isFigure: true,
    hint: "All balances at the rates of the last fills",
    phone: "topEnd",
    cell: ({ equity_usd }) => <Usd value={equity_usd} />,
  },
  {
    name: "Cash",
    isFigure: true,
    hint: "Tokens that are pegged to the dollar",
    cell: ({ cash_usd }) => <Usd value={cash_usd} />,
  },
  {
    name: "Gross exposure",
    isFigure: true,
    hint: "The values of all other tokens, whatever their sign",
    cell: ({ gross_exposure_usd }) => <Usd value={gross_exposure_usd} />,
  },
  {
    name: "Today",
    isFigure: true,
    hint: "Equity less equity at midnight UTC, less the capital that was moved since",
    phone: "belowEnd",
    cell: ({ day_pnl_usd }) => <Gain value={day_pnl_usd} />,
  },
  {
    name: "Unrealised",
    isFigure: true,
    hint: "What closing everything at the last prices would gain",
    cell: ({ unrealized_pnl_usd }) => <Gain value={unrealized_pnl_usd} />,
  },
  {
    name: "Realised",
    isFigure: true,
    hint: "What was closed gained",
    cell: ({ realized_pnl_usd }) => <Gain value={realized_pnl_usd} />,
  },
  { name: "Positions", isFigure: true, cell: ({ position_count }) => count(position_count) },
  { name: "Open intents", isFigure: true, cell: ({ open_intents }) => count(open_intents) },
];
