/** One comparison: every wallet, every token, and each part of a difference with its cause. */
import type { ReactNode } from "react";
import type {
  AllowanceRecord,
  CapitalRecord,
  DriftRecord,
  ReconciliationReport,
  WalletCheck,
} from "../../generated/rest";
import { formatDecimal, fromBaseUnits } from "../../model/decimal";
import { count, shortHash } from "../../model/format";
import { Dialog } from "../../ui/dialog";
import { Fact, Facts } from "../../ui/facts";
import { Amount } from "../../ui/money";
import { Moment } from "../../ui/now";
import { Badge, Copy, TONES } from "../../ui/parts";
import { Notice } from "../../ui/problem";
import { CAUSES, CONSEQUENCES, SKIPPED } from "./causes";
import { driftTone, found, outcomeOf, signed } from "./drift";

export function Report({
  report,
  onClose,
}: {
  readonly report: ReconciliationReport;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <Dialog title={`Comparison: ${found(report)}`} onClose={onClose} isDrawer>
      <div className="-mx-4">
        <Facts isStacked>
          <Fact name="Result">
            <Badge look={outcomeOf(report)} />
          </Fact>
          <Fact name="At">
            <Moment at={report.timestamp} />
          </Fact>
          <Fact name="Threshold" hint="Sorts differences, and decides nothing">
            <span className="figures">{report.threshold}</span>
          </Fact>
          <Fact name="Within, beyond it">
            <span className="figures">
              {count(report.drifts_within_threshold)}, {count(report.drifts_exceeding_threshold)}
            </span>
          </Fact>
          <Fact name="Report">
            <Copy text={report.id} what="the report's id">
              {report.id}
            </Copy>
          </Fact>
        </Facts>
      </div>
      {report.wallets.map((check) => (
        <Check key={check.wallet_id} check={check} />
      ))}
      {report.records.map((record) => (
        <Difference key={`${record.wallet_id} ${record.token ?? ""}`} record={record} />
      ))}
      {(report.records_left_off ?? 0) > 0 && (
        <p className="text-text3">{count(report.records_left_off ?? 0)} more are not listed.</p>
      )}
      {(report.overcommitted ?? []).map((one) => (
        <Overcommitted key={one.token} one={one} />
      ))}
    </Dialog>
  );
}

function Check({ check }: { readonly check: WalletCheck }): ReactNode {
  const { name, block_number, block_hash, skipped, problems, allowances } = check;
  return (
    <section aria-label={`Wallet ${name}`} className="flex flex-col gap-2">
      <h3 className="flex flex-wrap items-baseline gap-x-3 text-sm font-semibold">
        <span className="mono">{name}</span>
        {block_number != null && (
          <span title={block_hash ?? undefined} className="figures font-normal text-text3">
            block {count(block_number)}
          </span>
        )}
      </h3>
      {skipped != null && (
        <Notice tone="warn" title="It was not compared">
          {SKIPPED[skipped]}
        </Notice>
      )}
      {(problems ?? []).map((problem) => (
        <Notice key={problem} tone="warn" title={problem} />
      ))}
      {(allowances ?? []).map((one) => (
        <Allowance key={`${one.token} ${one.spender}`} one={one} />
      ))}
    </section>
  );
}

const Allowance = ({ one }: { readonly one: AllowanceRecord }): ReactNode => (
  <Notice tone="warn" title={`Another allowance of ${one.currency} than the journal counts on`}>
    <span className="mono" title={one.spender}>
      {shortHash(one.spender)}
    </span>{" "}
    may take <span className="figures">{one.chain}</span> base units; the journal has{" "}
    <span className="figures">{one.journal}</span>.
  </Notice>
);

const Overcommitted = ({ one }: { readonly one: CapitalRecord }): ReactNode => (
  <Notice tone="warn" title={`Portfolios count on more ${one.currency} than there is`}>
    They have <span className="figures">{one.capital}</span> base units by their accounts; the
    wallets hold <span className="figures">{one.available}</span>.
  </Notice>
);

function Difference({ record }: { readonly record: DriftRecord }): ReactNode {
  const { currency, decimals, drift, parts } = record;
  return (
    <section aria-label={currency} className="rounded border border-line">
      <header className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-3 py-2">
        <h3 className="mr-auto font-semibold">{currency}</h3>
        <span className="text-xs text-text3">
          expected <Amount value={record.ledger_balance} unit={currency} />
        </span>
        <span className="text-xs text-text3">
          on chain <Amount value={record.chain_balance} unit={currency} />
        </span>
        <span title={`${drift} ${currency}`} className={`figures ${TONES[driftTone(drift)]}`}>
          {signed(drift, decimals)}
        </span>
      </header>
      <ul className="divide-y divide-line">
        {(parts ?? []).map(({ cause, amount, consequence, evidence, tx_hash }) => (
          <li
            key={`${cause} ${amount} ${tx_hash ?? ""}`}
            className="flex flex-col gap-1 border-t border-line px-3 py-2 first:border-t"
          >
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <span title={CAUSES[cause].meaning} className="font-medium">
                {CAUSES[cause].word}
              </span>
              <Badge look={CONSEQUENCES[consequence]} />
              <span className="ml-auto" />
              <span title={`${amount} base units of ${currency}`} className="figures">
                {signed(formatDecimal(fromBaseUnits(amount, decimals)), decimals)}{" "}
                <span className="text-text3">{currency}</span>
              </span>
            </div>
            <p className="break-words text-text2">{evidence || CAUSES[cause].meaning}</p>
            {tx_hash != null && (
              <Copy text={tx_hash} what="the transaction's hash">
                {shortHash(tx_hash)}
              </Copy>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
