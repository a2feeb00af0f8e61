/** What a portfolio has of each token: capital, what was bought and sold, and gas. */
import type { ReactNode } from "react";
import type { PortfolioBalance, PortfolioDetail } from "../../generated/rest";
import { Amount, Usd } from "../../ui/money";
import { Empty } from "../../ui/parts";
import { type Column, Table } from "../../ui/table";

export function Balances({ portfolio }: { readonly portfolio: PortfolioDetail }): ReactNode {
  const { balances, funded, portfolio_id } = portfolio;
  return (
    <>
      {balances.length === 0 ? (
        <Empty title="Nothing was booked yet">Capital and fills are shown here by token.</Empty>
      ) : (
        <Table label="Balances" columns={COLUMNS} rows={balances} keyOf={({ token }) => token} />
      )}
      {!funded && (
        <p className="border-t border-line px-4 py-3 text-sm text-text2">
          It has no capital, so what it bought stands against nothing. Rules about funds hold from
          the first capital on:{" "}
          <code className="mono break-all">
            tradewind portfolio fund {portfolio_id} --token USDC --amount 1000
          </code>
        </p>
      )}
    </>
  );
}

const COLUMNS: readonly Column<PortfolioBalance>[] = [
  {
    name: "Token",
    phone: "top",
    cell: ({ symbol, chain, token }) => <span title={`${chain} ${token}`}>{symbol}</span>,
  },
  {
    name: "Amount",
    isFigure: true,
    phone: "topEnd",
    cell: ({ amount, symbol }) => <Amount value={amount} unit={symbol} />,
  },
  {
    name: "Price",
    isFigure: true,
    hint: "At its last fill; one dollar for what is pegged to it",
    phone: "below",
    cell: ({ price_usd }) => <Usd value={price_usd} />,
  },
  {
    name: "Value",
    isFigure: true,
    phone: "belowEnd",
    cell: ({ value_usd }) => <Usd value={value_usd} />,
  },
];
