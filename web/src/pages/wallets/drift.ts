/** What a wallet holds beside what it should hold. */
import type {
  BalanceDocument,
  DriftPart,
  DriftRecord,
  ReconciliationReport,
} from "../../generated/rest";
import { amount } from "../../model/format";
import type { Look, Tone } from "../../model/words";

/** Never more decimals than the token has. */
const MAX_PLACES = 6;

const isZero = (text: string): boolean => !/[1-9]/.test(text);

export const held = (text: string, decimals: number): string =>
  amount(text, Math.min(MAX_PLACES, decimals));

/** A difference with its sign; nothing where there is none. */
export function signed(text: string, decimals: number): string {
  if (isZero(text)) return "0";
  const shown = held(text, decimals);
  return text.startsWith("-") ? shown : `+${shown}`;
}

export function driftTone(text: string): Tone {
  if (isZero(text)) return "idle";
  return text.startsWith("-") ? "bad" : "warn";
}

/** What the newest of these reports that compared the wallet says of a token. */
export function recordOf(
  reports: readonly ReconciliationReport[],
  walletId: string,
  { token }: Pick<BalanceDocument, "token">,
): DriftRecord | undefined {
  const report = reports.find(({ wallets }) =>
    wallets.some((one) => one.wallet_id === walletId && one.skipped == null),
  );
  return report?.records.find(
    (record) => record.wallet_id === walletId && (record.token ?? null) === token,
  );
}

/** The parts of a record that somebody has to answer for before the wallet signs again. */
export const freezing = (record: DriftRecord | undefined): readonly DriftPart[] =>
  record?.parts?.filter(({ consequence }) => consequence === "frozen") ?? [];

/** Why a wallet was halted, without the command that stands beside it anyway. */
export const shownReason = (reason: string): string =>
  reason.replace(/^drift: /, "").replace(/: `tradewind [^`]*`[^`]*$/, "");

/** What a report found, in a line. */
export function found(report: ReconciliationReport): string {
  const skipped = report.wallets.filter((one) => one.skipped != null).length;
  const drifts = report.drifts_detected;
  const words = [
    drifts === 0 ? "no difference" : `${drifts} ${drifts === 1 ? "difference" : "differences"}`,
    skipped === 0 ? "" : `${skipped} of ${report.total_wallets} not compared`,
  ];
  return words.filter(Boolean).join(", ");
}

/** What came of a comparison, the worst first. */
export function outcomeOf(report: ReconciliationReport): Look {
  if (report.wallets.some(({ frozen }) => frozen)) {
    return { mark: "✕", word: "Wallet frozen", tone: "bad" };
  }
  if ((report.overcommitted ?? []).length > 0) {
    return { mark: "!", word: "Overcommitted", tone: "warn" };
  }
  if (report.drifts_detected > 0) return { mark: "!", word: "Differences", tone: "warn" };
  if (report.wallets.some(({ skipped }) => skipped != null)) {
    return { mark: "–", word: "Not compared", tone: "off" };
  }
  return { mark: "✓", word: "Agrees", tone: "ok" };
}
