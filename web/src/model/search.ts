/** What a search finds, in words, and where it leads. */
import type { HitKind, SearchHit } from "../generated/rest";

export const KIND_WORDS: Readonly<Record<HitKind, string>> = {
  intent: "intent",
  signal: "signal",
  plan: "plan",
  event: "event",
  history: "history",
  transaction: "transaction",
  dead_letter: "dead letter",
  wallet: "wallet",
  pool: "pool",
  token: "token",
  strategy: "strategy",
  portfolio: "portfolio",
  instrument: "pair",
};

const LEAST_CHARACTERS = 3;

export const isWorthSearching = (text: string): boolean => text.length >= LEAST_CHARACTERS;

/** The page of a hit; what belongs to an intent or a signal is explained by the page of that. */
export function addressOfHit({ kind, id, intent_id, signal_id, label }: SearchHit): string {
  if (intent_id) return `/intent/${encodeURIComponent(intent_id)}`;
  if (signal_id) return `/signal/${encodeURIComponent(signal_id)}`;
  switch (kind) {
    case "intent":
      return `/intent/${encodeURIComponent(id)}`;
    case "dead_letter":
      return `/ops/dead-letters?${words({ open: id })}`;
    case "wallet":
    case "transaction":
      return "/wallets";
    case "portfolio":
      return `/portfolio/${encodeURIComponent(id)}`;
    case "strategy":
      return `/intents?${words({ strategy: id })}`;
    case "instrument":
      return `/intents?${words({ pair: label ?? id })}`;
    case "token":
    case "pool":
      return "/execution";
    default:
      return `/ops/events?${words({ open: id })}`;
  }
}

const words = (given: Readonly<Record<string, string>>): string =>
  new URLSearchParams(given).toString();
