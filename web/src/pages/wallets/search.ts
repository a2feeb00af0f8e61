/** What of the page is in its address. */
import type { Tab } from "../../ui/tabs";

export type TabKey = "comparisons" | "bookings" | "transactions";

export const TABS: readonly Tab<TabKey>[] = [
  { key: "comparisons", name: "Comparisons" },
  { key: "bookings", name: "Bookings" },
  { key: "transactions", name: "Transactions" },
];

/** The events that change what is known of a wallet. */
export const TOPICS = ["wallet."] as const;

export interface WalletsSearch {
  readonly tab?: TabKey | undefined;
  readonly wallet?: string | undefined;
  /** The report that is shown. */
  readonly report?: string | undefined;
}

const WALLET_ID = /^\d{1,20}-0x[\da-fA-F]{40}$/;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export const searchOf = (given: Readonly<Record<string, unknown>>): WalletsSearch => ({
  tab: TABS.find(({ key }) => key === given.tab)?.key,
  wallet: matching(given.wallet, WALLET_ID),
  report: matching(given.report, ULID),
});

const matching = (given: unknown, form: RegExp): string | undefined =>
  typeof given === "string" && form.test(given) ? given : undefined;
