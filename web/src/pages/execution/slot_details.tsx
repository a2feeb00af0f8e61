/** One nonce: what it was used for, every attempt, and what it cost. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type {
  GenerationDocument,
  SlotDocument,
  WalletDocument,
  WalletTransactionDocument,
} from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { count, shortHash, shortId, units } from "../../model/format";
import { Fact } from "../../ui/facts";
import { Units } from "../../ui/money";
import { Moment, useNow } from "../../ui/now";
import { Badge, Copy } from "../../ui/parts";
import { type Column, Table } from "../../ui/table";
import { concernsOf, MISSING, PURPOSES, SLOTS } from "./lanes";

const WEI_DECIMALS = 18;
const GWEI_DECIMALS = 9;

interface Properties {
  readonly wallet: WalletDocument;
  readonly nonce: number;
  /** Null where the journal has no transaction at the nonce. */
  readonly slot: SlotDocument | null;
}

export function SlotDetails({ wallet, nonce, slot }: Properties): ReactNode {
  const { look, sentence } = slot === null ? MISSING : SLOTS[slot.state];
  const now = useNow();
  return (
    <section aria-label={`Nonce ${nonce}`} className="border-t border-line">
      <div className="flex flex-col gap-1 px-4 pt-3">
        <h3 className="flex flex-wrap items-center gap-2 font-semibold">
          Nonce {count(nonce)}
          <Badge look={look} />
          {slot !== null && (
            <span className="text-sm font-normal text-text2">{PURPOSES[slot.purpose].word}</span>
          )}
        </h3>
        <p className="text-text2">{sentence}</p>
        {slot !== null &&
          concernsOf(slot, now).map((concern) => (
            <p key={concern} className="text-warn">
              {concern}
            </p>
          ))}
      </div>
      {slot !== null && <Known wallet={wallet} slot={slot} />}
    </section>
  );
}

function Known({
  wallet,
  slot,
}: Omit<Properties, "nonce" | "slot"> & { slot: SlotDocument }): ReactNode {
  return (
    <>
      <dl className="grid grid-cols-[repeat(auto-fill,minmax(250px,1fr))] gap-x-4 gap-y-3 p-4 max-sm:grid-cols-1 max-sm:gap-y-1.5 max-sm:*:flex max-sm:*:items-baseline max-sm:*:justify-between max-sm:*:gap-4 max-sm:[&_dd]:text-right">
        {slot.intent_id !== null && (
          <Fact name="Intent">
            <Link
              to="/intent/$id"
              params={{ id: slot.intent_id }}
              title={slot.intent_id}
              className="mono text-accent hover:underline"
            >
              {shortId(slot.intent_id)}
            </Link>
          </Fact>
        )}
        {slot.portfolio_id !== null && <Fact name="Portfolio">{slot.portfolio_id}</Fact>}
        <Fact name="Signed">
          <Moment at={slot.created_at} />
        </Fact>
        {slot.settled_at === null ? (
          <Fact name="Deadline" hint="After it the transaction is cancelled.">
            <Moment at={slot.deadline} />
          </Fact>
        ) : (
          <Fact name="Settled">
            <Moment at={slot.settled_at} />
          </Fact>
        )}
        {slot.mined_block_number !== null && (
          <Fact name="Block">
            <span className="figures">{count(slot.mined_block_number)}</span>
          </Fact>
        )}
        <Effect wallet={wallet} slot={slot} />
        {slot.reason !== null && (
          <Fact name="Reason">
            <span className="mono">{slot.reason}</span> {slot.detail}
          </Fact>
        )}
      </dl>
      <Table
        label={`Attempts of nonce ${slot.nonce}`}
        columns={columnsOf(slot)}
        rows={slot.generations}
        keyOf={({ tx_hash }) => tx_hash}
      />
    </>
  );
}

/** What it moved and cost, once that is known. */
function Effect({
  wallet,
  slot,
}: {
  readonly wallet: WalletDocument;
  readonly slot: SlotDocument;
}): ReactNode {
  const { data } = useAsk(
    "GET /wallets/{wallet_id}/transactions",
    { path: { wallet_id: wallet.wallet_id }, query: { limit: 1, cursor: slot.nonce + 1 } },
    { topics: ["wallet."] },
  );
  const transaction = data?.items.find(({ nonce }) => nonce === slot.nonce);
  if (transaction === undefined) return null;
  const { fee_wei, gas_used, amount_in, amount_out, token_in, token_out } = transaction;
  return (
    <>
      {fee_wei !== null && (
        <Fact name="Cost" hint={gas_used === null ? "" : `${count(gas_used)} gas`}>
          <Units value={fee_wei} decimals={WEI_DECIMALS} unit={wallet.currency} />
        </Fact>
      )}
      <TokenFact name="Sold" wallet={wallet} token={token_in} units={amount_in} />
      <TokenFact name="Received" wallet={wallet} token={token_out} units={amount_out} />
      <Approved wallet={wallet} transaction={transaction} />
    </>
  );
}

function Approved({
  wallet,
  transaction: { approved_token, approved_amount, spender },
}: {
  readonly wallet: WalletDocument;
  readonly transaction: WalletTransactionDocument;
}): ReactNode {
  if (spender === null) return null;
  return (
    <>
      <TokenFact name="Approved" wallet={wallet} token={approved_token} units={approved_amount} />
      <Fact name="Spender">
        <Copy text={spender} what="address">
          {shortHash(spender)}
        </Copy>
      </Fact>
    </>
  );
}

function TokenFact({
  name,
  wallet,
  token,
  units: amount,
}: {
  readonly name: string;
  readonly wallet: WalletDocument;
  readonly token: string | null;
  readonly units: string | null;
}): ReactNode {
  const known = wallet.balances.find((balance) => balance.token === token);
  if (token === null || amount === null || known === undefined) return null;
  return (
    <Fact name={name}>
      <Units value={amount} decimals={known.decimals} unit={known.currency} />
    </Fact>
  );
}

const ATTEMPTS: Readonly<Record<GenerationDocument["purpose"], string>> = {
  original: "Original",
  replacement: "Replacement",
  cancel: "Cancellation",
};

const gwei = (wei: string): ReactNode => (
  <span title={`${wei} wei`}>
    {units(wei, GWEI_DECIMALS)} <span className="text-text3">gwei</span>
  </span>
);

const columnsOf = (slot: SlotDocument): readonly Column<GenerationDocument>[] => [
  {
    name: "Attempt",
    phone: "top",
    cell: ({ purpose, tx_hash }) => (
      <>
        {ATTEMPTS[purpose]}
        {tx_hash === slot.mined_tx_hash && <span className="text-text3"> · mined</span>}
      </>
    ),
  },
  {
    name: "Transaction",
    phone: "below",
    cell: ({ tx_hash }) => (
      <Copy text={tx_hash} what="hash">
        {shortHash(tx_hash)}
      </Copy>
    ),
  },
  {
    name: "Most per gas",
    isFigure: true,
    phone: "topEnd",
    cell: ({ max_fee_per_gas_wei }) => gwei(max_fee_per_gas_wei),
  },
  {
    name: "Tip per gas",
    isFigure: true,
    phone: "hidden",
    cell: ({ max_priority_fee_per_gas_wei }) => gwei(max_priority_fee_per_gas_wei),
  },
  {
    name: "Gas limit",
    isFigure: true,
    phone: "hidden",
    cell: ({ gas_limit }) => count(gas_limit),
  },
  {
    name: "Sent",
    isFigure: true,
    phone: "belowEnd",
    cell: ({ broadcast_at }) => (broadcast_at === null ? "not yet" : <Moment at={broadcast_at} />),
  },
];
