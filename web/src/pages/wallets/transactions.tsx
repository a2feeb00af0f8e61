/** What a wallet signed, and what it cost. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { WalletDocument, WalletTransactionDocument } from "../../generated/rest";
import { usePages } from "../../live/use_pages";
import { count, shortHash, shortId } from "../../model/format";
import { SelectField } from "../../ui/field";
import { Units } from "../../ui/money";
import { Ago } from "../../ui/now";
import { Pages } from "../../ui/pages";
import { Badge, Card, Copy, Empty } from "../../ui/parts";
import type { Column } from "../../ui/table";
import { PURPOSES, TRANSACTION_LOOKS } from "./look";
import { TOPICS } from "./search";

const NATIVE_DECIMALS = 18;

export function Transactions({
  wallets,
  selected,
  select,
}: {
  readonly wallets: readonly WalletDocument[];
  readonly selected: string | undefined;
  readonly select: (walletId: string) => void;
}): ReactNode {
  const wallet = wallets.find((one) => one.wallet_id === selected) ?? wallets[0];
  if (wallet === undefined) {
    return (
      <Card title="Transactions">
        <Empty title="No wallet">There is no wallet that could have signed anything.</Empty>
      </Card>
    );
  }
  return (
    <>
      {wallets.length > 1 && (
        <div className="w-64 pb-3">
          <SelectField
            label="Wallet"
            value={wallet.wallet_id}
            onChange={select}
            options={wallets.map((one) => ({ value: one.wallet_id, name: one.name }))}
          />
        </div>
      )}
      <Signed key={wallet.wallet_id} wallet={wallet} />
    </>
  );
}

function Signed({ wallet }: { readonly wallet: WalletDocument }): ReactNode {
  const read = usePages(
    "GET /wallets/{wallet_id}/transactions",
    { path: { wallet_id: wallet.wallet_id } },
    [...TOPICS, "exec.step_signed"],
  );
  return (
    <Card title={`Signed by ${wallet.name}`}>
      <Pages
        read={read}
        label="Transactions"
        columns={columnsOf(wallet)}
        keyOf={({ nonce }) => String(nonce)}
        empty={<Empty title="It signed nothing yet">Its first swap shows here by itself.</Empty>}
      />
    </Card>
  );
}

/** The amount of a token, if it is one of the wallet's. */
function Moved({
  wallet,
  token,
  amount,
}: {
  readonly wallet: WalletDocument;
  readonly token: string | null;
  readonly amount: string | null;
}): ReactNode {
  if (token === null || amount === null) return null;
  const balance = wallet.balances.find((one) => one.token === token);
  if (balance === undefined) return <span className="mono">{shortHash(token)}</span>;
  return <Units value={amount} decimals={balance.decimals} unit={balance.currency} isShort />;
}

const columnsOf = (wallet: WalletDocument): readonly Column<WalletTransactionDocument>[] => [
  { name: "Nonce", isFigure: true, cell: ({ nonce }) => count(nonce) },
  {
    name: "State",
    phone: "top",
    cell: ({ state, reason }) => (
      <Badge look={TRANSACTION_LOOKS[state]} {...(reason !== null && { title: reason })} />
    ),
  },
  { name: "Purpose", phone: "below", cell: ({ purpose }) => PURPOSES[purpose] },
  {
    name: "Paid",
    isFigure: true,
    cell: ({ token_in, amount_in }) => (
      <Moved wallet={wallet} token={token_in} amount={amount_in} />
    ),
  },
  {
    name: "Received",
    phone: "belowEnd",
    isFigure: true,
    cell: ({ token_out, amount_out }) => (
      <Moved wallet={wallet} token={token_out} amount={amount_out} />
    ),
  },
  {
    name: "Gas cost",
    isFigure: true,
    cell: ({ fee_wei }) => (
      <Units value={fee_wei} decimals={NATIVE_DECIMALS} unit={wallet.currency} />
    ),
  },
  { name: "Transaction", cell: Hash },
  { name: "Intent", cell: Intent },
  {
    name: "Signed",
    phone: "topEnd",
    isFigure: true,
    cell: ({ created_at }) => <Ago at={created_at} />,
  },
];

function Hash({ tx_hash }: WalletTransactionDocument): ReactNode {
  if (tx_hash === null) return null;
  return (
    <Copy text={tx_hash} what="the transaction's hash">
      {shortHash(tx_hash)}
    </Copy>
  );
}

function Intent({ intent_id }: WalletTransactionDocument): ReactNode {
  if (intent_id === null) return null;
  return (
    <Link
      to="/intent/$id"
      params={{ id: intent_id }}
      title={intent_id}
      className="mono text-accent hover:underline"
    >
      {shortId(intent_id)}
    </Link>
  );
}
