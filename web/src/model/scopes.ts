/** What a trading state is about, as the gateway writes it and as people read it. */
import type { TradingState, TradingStateDocument } from "../generated/rest";
import { shortHash } from "./format";
import type { Look } from "./words";

export const SCOPE_KINDS = [
  "everything",
  "portfolio",
  "strategy",
  "account",
  "instrument",
  "venue",
  "chain",
  "wallet",
  "lock",
] as const;
export type ScopeKind = (typeof SCOPE_KINDS)[number] | "history";

export interface Scope {
  readonly kind: ScopeKind;
  readonly name: string;
}

interface ScopeWords {
  readonly noun: string;
  /** What its name is, in a form. */
  readonly field: string;
  readonly pattern: RegExp;
  readonly example: string;
}

const ACCOUNT = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}";
const INSTRUMENT = "[A-Za-z0-9][A-Za-z0-9_-]{0,99}";
const CHAIN = "[a-z][a-z0-9_]{0,31}";

export const SCOPES: Readonly<Record<ScopeKind, ScopeWords>> = {
  everything: { noun: "Everything", field: "", pattern: /^$/, example: "" },
  history: { noun: "History", field: "", pattern: /^$/, example: "" },
  portfolio: named("Portfolio", "Portfolio's id", ACCOUNT, "fund"),
  strategy: named("Strategy", "Strategy's id", ACCOUNT, "alpha"),
  account: named("Account", "Name of strategy and portfolio", ACCOUNT, "fund"),
  instrument: named("Pair", "Pair", INSTRUMENT, "ethereum-WETH-USDC"),
  venue: named("Venue", "Venue", "uniswap_v3|simulated", "uniswap_v3"),
  chain: named("Chain", "Chain", CHAIN, "ethereum"),
  wallet: named("Wallet", "Chain and address", `${CHAIN}:0x[0-9a-fA-F]{40}`, "ethereum:0x…"),
  lock: named(
    "Lock",
    "Pair, or portfolio and pair",
    `(?:${ACCOUNT}:)?${INSTRUMENT}`,
    "ethereum-WETH-USDC or fund:ethereum-WETH-USDC",
  ),
};

function named(noun: string, field: string, pattern: string, example: string): ScopeWords {
  return { noun, field, pattern: new RegExp(`^(?:${pattern})$`), example };
}

export function parseScope(text: string): Scope {
  const [kind = "", ...rest] = text.split(":");
  return { kind: isKind(kind) ? kind : "everything", name: rest.join(":") };
}

const isKind = (text: string): text is ScopeKind => text in SCOPES;

export const scopeText = ({ kind, name }: Scope): string => (name ? `${kind}:${name}` : kind);

/** What is wrong with a scope's name, or null. */
export function scopeProblem({ kind, name }: Scope): string | null {
  const { pattern, example } = SCOPES[kind];
  if (pattern.test(name)) return null;
  return name === "" ? "Say which one." : `This is the name of none. One is written as ${example}.`;
}

/** `Portfolio fund`, `Everything`, `WETH/USDC in fund`. */
export function scopeWords(text: string): string {
  const { kind, name } = parseScope(text);
  switch (kind) {
    case "everything":
      return "Everything";
    case "history":
      return "History of the ledger";
    case "lock": {
      const [first = "", second] = name.split(":");
      return second === undefined ? `Pair ${first}` : `Pair ${second} in portfolio ${first}`;
    }
    case "wallet": {
      const [chain = "", address = ""] = name.split(":");
      return `Wallet ${shortHash(address)} on ${chain}`;
    }
    default:
      return `${SCOPES[kind].noun} ${name}`;
  }
}

const LOOKS: Readonly<Record<TradingState, Look>> = {
  active: { mark: "✓", word: "Active", tone: "ok" },
  reducing: { mark: "◑", word: "Reducing", tone: "warn" },
  halted: { mark: "✕", word: "Halted", tone: "bad" },
};
const LOCKED: Look = { mark: "–", word: "Locked", tone: "warn" };
const ENDED: Look = { mark: "–", word: "Ended", tone: "off" };

export const STATE_SENTENCES: Readonly<Record<TradingState, string>> = {
  active: "Everything that risk approves is traded.",
  reducing: "Only what is held may be sold. Nothing is bought.",
  halted:
    "Nothing is approved, signed or submitted. What was signed before is followed to its end.",
};

export const lookOfTrading = (state: TradingState): Look => LOOKS[state];

/** A lock is called one, and a state that is over says so. */
export function lookOfStanding({ scope, state, is_in_force }: TradingStateDocument): Look {
  if (!is_in_force) return state === "active" ? LOOKS.active : ENDED;
  return parseScope(scope).kind === "lock" ? LOCKED : LOOKS[state];
}

const SEVERITY: Readonly<Record<TradingState, number>> = { active: 0, reducing: 1, halted: 2 };

/** The worst state in force of everything, which counts for every intent. */
export function worstOfEverything(states: readonly TradingStateDocument[]): TradingState {
  return states
    .filter(({ scope, is_in_force }) => is_in_force && /^(everything|history)$/.test(scope))
    .map(({ state }) => state)
    .reduce<TradingState>(
      (worst, one) => (SEVERITY[one] > SEVERITY[worst] ? one : worst),
      "active",
    );
}
