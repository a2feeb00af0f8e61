/** What was handed to the venue, where it is in the chain, and what it cost. */
import type { ReactNode } from "react";
import type { PlanDocument, PlatformEvent } from "../../generated/contracts";
import { STEP } from "../../generated/lifecycles";
import { count, shortHash } from "../../model/format";
import type { Look } from "../../model/words";
import { Fact, Facts } from "../../ui/facts";
import { Units } from "../../ui/money";
import { Clock } from "../../ui/now";
import { Badge, Card, Copy } from "../../ui/parts";
import { type Settlement, type Transaction, transactionsOf } from "./transactions";

const ETHER_DECIMALS = 18;
const GWEI_DECIMALS = 9;

export function TransactionCard({
  events,
  plan,
}: {
  readonly events: readonly PlatformEvent[];
  readonly plan: PlanDocument | null;
}): ReactNode {
  const transactions = transactionsOf(events);
  return (
    <Card title={transactions.length > 1 ? "Transactions" : "Transaction"}>
      {transactions.length === 0 && (
        <p className="p-4 text-text2">Nothing was handed to a venue.</p>
      )}
      <div className="divide-y divide-line">
        {transactions.map((transaction) => (
          <Story key={transaction.hash} transaction={transaction} plan={plan} />
        ))}
      </div>
    </Card>
  );
}

function Story({
  transaction,
  plan,
}: {
  readonly transaction: Transaction;
  readonly plan: PlanDocument | null;
}): ReactNode {
  const { hash, venue, wallet, nonce, signedAt, sentAt, settlement, end } = transaction;
  const step = plan?.steps[transaction.stepIndex];
  return (
    <Facts isStacked>
      {step && (
        <Fact name="State">
          <span title={STEP.states[step.state]}>
            <Badge look={STEP_LOOKS[step.state]} />
          </span>
        </Fact>
      )}
      <Fact name={venue === "simulated" ? "Order" : "Hash"}>
        <Copy text={hash} what="the transaction's hash">
          {shortHash(hash)}
        </Copy>
      </Fact>
      {wallet !== null && (
        <Fact name="Wallet">
          <Copy text={wallet} what="the wallet's address">
            {shortHash(wallet)}
          </Copy>
        </Fact>
      )}
      {nonce !== null && <Figure name="Nonce" value={nonce} />}
      {signedAt !== null && (
        <Fact name="Signed">
          <Clock at={signedAt} />
        </Fact>
      )}
      {sentAt !== null && (
        <Fact name={venue === "simulated" ? "Sent to the simulated venue" : "Sent"}>
          <Clock at={sentAt} />
        </Fact>
      )}
      {transaction.reorgs.map((reorg) => (
        <Figure
          key={reorg.eventId}
          name="Its block left the chain"
          value={reorg.payload.blockNumber}
        />
      ))}
      {settlement !== null && <Settled settlement={settlement} venue={venue} />}
      {end !== null && <Ending transaction={transaction} end={end} />}
      {settlement === null && end === null && (
        <Fact name="Known by" hint="The orchestrator finds out what became of it until then">
          <Clock at={transaction.confirmBy} />
        </Fact>
      )}
      {transaction.approvals.map((approval) => (
        <Fact
          key={approval.txHash}
          name={approval.succeeded ? "Approval" : "Approval (undone)"}
          hint="Let the router take the tokens"
        >
          <span className="flex flex-wrap items-baseline justify-end gap-x-2">
            <Copy text={approval.txHash} what="the approval's hash">
              {shortHash(approval.txHash)}
            </Copy>
            <Units value={approval.feeWei} decimals={ETHER_DECIMALS} unit="ETH" />
          </span>
        </Fact>
      ))}
    </Facts>
  );
}

function Settled({
  settlement,
  venue,
}: {
  readonly settlement: Settlement;
  readonly venue: Transaction["venue"];
}): ReactNode {
  const { blockNumber, transactionIndex, gasUsed, gasPriceWei, feeWei } = settlement;
  const place = transactionIndex === null ? "" : `, place ${transactionIndex + 1}`;
  return (
    <>
      {blockNumber !== null && (
        <Fact name={venue === "simulated" ? "Simulated block" : "Block"}>
          <span className="figures">{count(blockNumber) + place}</span>
        </Fact>
      )}
      {gasUsed !== null && (
        <Fact name="Gas used">
          <span className="figures">
            {count(gasUsed)} <span className="text-text3">at</span>{" "}
            <Units value={gasPriceWei} decimals={GWEI_DECIMALS} unit="gwei" isShort />
          </span>
        </Fact>
      )}
      {feeWei !== null && (
        <Fact name="Fee paid">
          <Units value={feeWei} decimals={ETHER_DECIMALS} unit="ETH" />
        </Fact>
      )}
    </>
  );
}

function Ending({
  transaction,
  end,
}: {
  readonly transaction: Transaction;
  readonly end: NonNullable<Transaction["end"]>;
}): ReactNode {
  const { txHash, proof } = end.payload;
  return (
    <>
      {proof != null && <Fact name="Proof">{PROOFS[proof]}</Fact>}
      {txHash != null && txHash !== transaction.hash && (
        <Fact name="Its nonce was taken by">
          <Copy text={txHash} what="the transaction's hash">
            {shortHash(txHash)}
          </Copy>
        </Fact>
      )}
    </>
  );
}

const PROOFS = {
  not_submitted: "never submitted",
  reverted: "the chain undid it",
  cancelled: "cancelled: it cannot happen",
  nonce_taken: "a foreign transaction took its nonce",
} as const;

type StepState = PlanDocument["steps"][number]["state"];

const STEP_LOOKS: Readonly<Record<StepState, Look>> = {
  planned: { mark: "○", word: "Planned", tone: "idle" },
  signed: { mark: "?", word: "Signed", tone: "unknown" },
  submitted: { mark: "?", word: "Sent", tone: "unknown" },
  partially_filled: { mark: "◑", word: "Partly filled", tone: "unknown" },
  filled: { mark: "✓", word: "Filled", tone: "ok" },
  failed: { mark: "✕", word: "Failed", tone: "bad" },
  expired: { mark: "–", word: "Expired", tone: "off" },
  cancelled: { mark: "–", word: "Cancelled", tone: "off" },
};

const Figure = ({ name, value }: { readonly name: string; readonly value: number }): ReactNode => (
  <Fact name={name}>
    <span className="figures">{count(value)}</span>
  </Fact>
);
