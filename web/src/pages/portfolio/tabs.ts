/** What of a portfolio's past is shown, which is part of the page's address. */

export const TABS = [
  { key: "fills", name: "Fills" },
  { key: "refused", name: "Refused" },
  { key: "capital", name: "Capital" },
] as const;
export type ActivityTab = (typeof TABS)[number]["key"];

export const isActivityTab = (value: unknown): value is ActivityTab =>
  TABS.some(({ key }) => key === value);
