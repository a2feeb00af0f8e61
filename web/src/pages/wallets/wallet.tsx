/** One wallet: its state, and each balance beside what the books say. */
import type { ReactNode } from "react";
import type {
  BalanceDocument,
  DriftRecord,
  ReconciliationReport,
  WalletDocument,
} from "../../generated/rest";
import { count, shortHash } from "../../model/format";
import { Fact, Facts } from "../../ui/facts";
import { Ago } from "../../ui/now";
import { Badge, Card, Copy, TONES } from "../../ui/parts";
import { PhoneLabel } from "../../ui/phone_label";
import { Notice } from "../../ui/problem";
import { type Column, Table } from "../../ui/table";
import { CAUSES, SKIPPED } from "./causes";
import { driftTone, held, recordOf, signed } from "./drift";
import { Halted } from "./halted";
import { WALLET_LOOKS, WALLET_SENTENCES } from "./look";

interface Row {
  readonly balance: BalanceDocument;
  readonly record: DriftRecord | undefined;
}

export function Wallet({
  wallet,
  reports,
}: {
  readonly wallet: WalletDocument;
  readonly reports: readonly ReconciliationReport[];
}): ReactNode {
  const rows = wallet.balances.map((balance) => ({
    balance,
    record: recordOf(reports, wallet.wallet_id, balance),
  }));
  return (
    <Card
      title={wallet.name}
      aside={<Badge look={WALLET_LOOKS[wallet.state]} title={WALLET_SENTENCES[wallet.state]} />}
    >
      {wallet.halted_reason !== null && (
        <div className="px-4 pt-4">
          <Halted
            state={wallet.state}
            reason={wallet.halted_reason}
            records={rows.flatMap(({ record }) => record ?? [])}
          />
        </div>
      )}
      {wallet.skipped !== null && (
        <div className="px-4 pt-4">
          <Notice tone="warn" title="The last comparison left this wallet out">
            {SKIPPED[wallet.skipped]} The balances are those of the comparison before.
          </Notice>
        </div>
      )}
      <About wallet={wallet} />
      <div className="border-t border-line">
        <Table
          label={`Balances of ${wallet.name}`}
          columns={COLUMNS}
          rows={rows}
          keyOf={({ balance }) => balance.token ?? "native"}
        />
      </div>
    </Card>
  );
}

function About({ wallet }: { readonly wallet: WalletDocument }): ReactNode {
  return (
    <Facts>
      <Fact name="Address">
        <Copy text={wallet.address} what="the wallet's address">
          {shortHash(wallet.address)}
        </Copy>
      </Fact>
      <Fact name="Chain" hint="By CAIP-2">
        <span className="mono">{wallet.chain}</span>
      </Fact>
      <Fact name="Compared" hint="When it was last compared with the chain">
        <Ago at={wallet.as_of} />
      </Fact>
      <Fact name="In block" hint="The balances are those of this block">
        <span className="figures">{count(wallet.block_number)}</span>
      </Fact>
      <Fact name="Next nonce">
        <span className="figures">{count(wallet.next_nonce)}</span>
      </Fact>
      <Fact name="Open transactions" hint="Signed, and without an outcome yet">
        <span className="figures">{count(wallet.open_transactions)}</span>
      </Fact>
    </Facts>
  );
}

function Held({
  value,
  balance,
}: {
  readonly value: string;
  readonly balance: BalanceDocument;
}): ReactNode {
  return (
    <span title={`${value} ${balance.currency}`} className="figures">
      {held(value, balance.decimals)}
    </span>
  );
}

function Drift({ balance }: Row): ReactNode {
  const { drift, currency, decimals } = balance;
  return (
    <span title={`${drift} ${currency}`} className={`figures ${TONES[driftTone(drift)]}`}>
      <PhoneLabel>drift</PhoneLabel>
      {signed(drift, decimals)}
    </span>
  );
}

function Why({ record }: Row): ReactNode {
  if (record?.cause == null) return <span className="text-text3">none</span>;
  const cause = CAUSES[record.cause];
  return (
    <span title={`${cause.meaning} ${record.evidence ?? ""}`} className="block max-w-80 truncate">
      {cause.word}
      {record.evidence ? <span className="text-text3"> · {record.evidence}</span> : ""}
    </span>
  );
}

const COLUMNS: readonly Column<Row>[] = [
  {
    name: "Token",
    phone: "top",
    cell: ({ balance }) => (
      <span title={balance.token ?? "the chain's own currency"} className="font-medium">
        {balance.currency}
      </span>
    ),
  },
  {
    name: "Expected",
    phone: "belowEnd",
    isFigure: true,
    hint: "What the books say",
    cell: ({ balance }) => (
      <>
        <PhoneLabel>expected</PhoneLabel>
        <Held value={balance.ledger_balance} balance={balance} />
      </>
    ),
  },
  {
    name: "On chain",
    phone: "topEnd",
    isFigure: true,
    hint: "What the chain said in the block",
    cell: ({ balance }) => <Held value={balance.chain_balance} balance={balance} />,
  },
  {
    name: "Drift",
    phone: "below",
    isFigure: true,
    hint: "What is on the chain less what is expected",
    cell: Drift,
  },
  {
    name: "Cause",
    hint: "As the last comparison found it; what it booked is expected from then on",
    cell: Why,
  },
];
