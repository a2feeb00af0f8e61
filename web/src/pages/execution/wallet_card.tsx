/** A wallet: whether it signs, what it holds, and its nonces. */
import type { ReactNode } from "react";
import type {
  BalanceDocument,
  TradingStateDocument,
  WalletDocument,
  WalletState,
} from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { usePages } from "../../live/use_pages";
import { count, shortHash } from "../../model/format";
import type { Look } from "../../model/words";
import { Fact, Facts } from "../../ui/facts";
import { Amount, Units } from "../../ui/money";
import { Ago } from "../../ui/now";
import { Badge, Card, Copy, Empty, Skeleton } from "../../ui/parts";
import { Notice, Problem } from "../../ui/problem";
import { LaneChart, Legend } from "./lane_chart";
import { type Approval, latestApprovals } from "./lanes";
import { SlotDetails } from "./slot_details";
import { StateControl } from "./state_control";

const TOPICS = ["exec.", "wallet."];

const LOOKS: Readonly<Record<WalletState, Look>> = {
  ready: { mark: "✓", word: "Signs", tone: "ok" },
  halted: { mark: "✕", word: "Halted", tone: "bad" },
  frozen: { mark: "✕", word: "Frozen", tone: "bad" },
};

interface Properties {
  readonly wallet: WalletDocument;
  /** The wallet's scope of trading states; null where its chain has no name here. */
  readonly scope: string | null;
  readonly states: readonly TradingStateDocument[];
  readonly selected: number | null;
  readonly select: (nonce: number | null) => void;
}

export function WalletCard({ wallet, scope, states, selected, select }: Properties): ReactNode {
  return (
    <Card
      title={`Wallet ${wallet.name}`}
      aside={
        <span className="flex items-center gap-2">
          <Badge look={LOOKS[wallet.state]} />
          {scope !== null && <StateControl scope={scope} states={states} />}
        </span>
      }
    >
      <Halted wallet={wallet} />
      <Facts>
        <Fact name="Address">
          <Copy text={wallet.address} what="address">
            {shortHash(wallet.address)}
          </Copy>
        </Fact>
        <Fact name="Next nonce" hint="The one that the next transaction gets.">
          <span className="figures">{count(wallet.next_nonce)}</span>
        </Fact>
        <Fact name="Open transactions" hint="Signed, without an outcome yet.">
          <span className="figures">{count(wallet.open_transactions)}</span>
        </Fact>
        <Fact name="Compared with the chain" hint={`In block ${wallet.block_number}.`}>
          <Ago at={wallet.as_of} />
          {wallet.skipped !== null && <span className="mono text-warn"> {wallet.skipped}</span>}
        </Fact>
      </Facts>
      <Holdings wallet={wallet} />
      <Lanes wallet={wallet} selected={selected} select={select} />
    </Card>
  );
}

/** Why it signs nothing, and what to do: a wallet is resumed where its key's owner is known. */
function Halted({
  wallet: { state, halted_reason, address },
}: {
  readonly wallet: WalletDocument;
}): ReactNode {
  if (state === "ready") return null;
  const command = `tradewind wallet resume --address ${address}`;
  return (
    <div className="p-4 pb-0">
      <Notice
        tone="bad"
        title={`It signs nothing: ${halted_reason ?? "no reason is known"}`}
        isAlert
      >
        <p>
          Plans wait until their time window closes; open transactions are followed to their end.
          Find out who else uses the key before you go on. Then run
        </p>
        <p className="py-1">
          <Copy text={command} what="command">
            <span className="break-all whitespace-normal">{command}</span>
          </Copy>
        </p>
        {state === "frozen" && (
          <p>
            with <code className="mono">--note</code>, which says what became of the difference.
          </p>
        )}
      </Notice>
    </div>
  );
}

function Holdings({ wallet }: { readonly wallet: WalletDocument }): ReactNode {
  const { data } = useAsk(
    "GET /wallets/{wallet_id}/transactions",
    { path: { wallet_id: wallet.wallet_id }, query: { limit: 50 } },
    { topics: ["wallet."] },
  );
  const approvals = latestApprovals(data?.items ?? []);
  return (
    <dl className="grid grid-cols-[repeat(auto-fill,minmax(180px,1fr))] gap-x-4 gap-y-3 border-t border-line p-4 max-sm:grid-cols-2">
      {wallet.balances.map((balance) => (
        <Holding
          key={balance.token ?? balance.currency}
          balance={balance}
          approval={approvals.find(({ token }) => token === balance.token)}
        />
      ))}
    </dl>
  );
}

function Holding({
  balance: { currency, decimals, chain_balance, drift },
  approval,
}: {
  readonly balance: BalanceDocument;
  readonly approval: Approval | undefined;
}): ReactNode {
  return (
    <Fact name={currency}>
      <Amount value={chain_balance} unit={currency} isShort />
      {/[1-9]/.test(drift) && (
        <span className="block text-xs text-warn">
          <Amount value={drift} unit={currency} /> not in the books
        </span>
      )}
      {approval !== undefined && (
        <span
          className="block text-xs text-text3"
          title={`Nonce ${approval.nonce}, for ${approval.spender}`}
        >
          last allowed <Units value={approval.amount} decimals={decimals} unit={currency} isShort />
        </span>
      )}
    </Fact>
  );
}

function Lanes({
  wallet,
  selected,
  select,
}: Pick<Properties, "wallet" | "selected" | "select">): ReactNode {
  const path = { wallet_id: wallet.wallet_id };
  const read = usePages("GET /wallets/{wallet_id}/slots", { path }, TOPICS);
  const { rows } = read;
  return (
    <section aria-label="Nonces" className="border-t border-line">
      <div className="flex items-baseline justify-between gap-3 px-4 pt-3">
        <h3 className="text-sm font-semibold">Nonces</h3>
        {read.hasOlder && (
          <button
            type="button"
            className="button h-7 px-2"
            disabled={read.isReadingOlder}
            onClick={read.readOlder}
          >
            {read.isReadingOlder ? "Reading…" : "Show older"}
          </button>
        )}
      </div>
      {read.error !== null && (
        <div className="p-4">
          <Problem error={read.error} retry={read.retry} />
        </div>
      )}
      {rows === undefined && read.error === null && <Skeleton rows={2} />}
      {rows?.length === 0 && (
        <Empty title="Nothing was signed yet">
          Every transaction of the wallet gets a column here: its nonce, its attempts and its state.
        </Empty>
      )}
      {rows !== undefined && rows.length > 0 && (
        <>
          <LaneChart slots={rows} selected={selected} select={select} />
          <Legend />
          {selected !== null && (
            <SlotDetails
              wallet={wallet}
              nonce={selected}
              slot={rows.find(({ nonce }) => nonce === selected) ?? null}
            />
          )}
        </>
      )}
    </section>
  );
}
