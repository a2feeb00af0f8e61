/** The pages of the navigation: address, name, and the key that leads there after `g`. */

export interface NavigationEntry {
  readonly to: string;
  readonly name: string;
  readonly key: string;
}

/** Whether the gateway has `POST /whatif`: its page is in no list before. */
const IS_WHAT_IF_SERVED: boolean = false;

export const NAVIGATION = [
  { to: "/", name: "Overview", key: "o" },
  { to: "/intents", name: "Intents", key: "i" },
  { to: "/signals", name: "Signals", key: "n" },
  { to: "/approvals", name: "Approvals", key: "v" },
  { to: "/submit", name: "Submit", key: "s" },
  { to: "/ops", name: "Operations", key: "d" },
  { to: "/execution", name: "Execution", key: "x" },
  { to: "/wallets", name: "Wallets", key: "w" },
  { to: "/portfolio", name: "Portfolio", key: "p" },
  { to: "/risk", name: "Risk", key: "r" },
  { to: "/models", name: "Models", key: "m" },
  { to: "/market", name: "Market", key: "k" },
  { to: "/backtests", name: "Backtests", key: "b" },
  { to: "/time", name: "Time machine", key: "t" },
  ...(IS_WHAT_IF_SERVED ? [{ to: "/whatif", name: "What-if", key: "f" } as const] : []),
] as const satisfies readonly NavigationEntry[];

/** What is about the dashboard itself. */
export const SECONDARY = [
  { to: "/settings", name: "Settings", key: "," },
  { to: "/about", name: "About", key: "a" },
] as const satisfies readonly NavigationEntry[];
