/** Amounts of an intent in words: which token it pays, which it receives, and how much of each. */
import type {
  Asset,
  ExecutionStep,
  Intent,
  IntentSummary,
  PlatformEvent,
} from "../../generated/contracts";
import { amount, units } from "../../model/format";

const SPACE = "\u00a0";

/** What an intent trades, by who gives what. */
export interface Sides {
  readonly base: Asset;
  readonly quote: Asset;
  readonly paid: Asset;
  readonly received: Asset;
  readonly isPurchase: boolean;
}

export function sidesOf(intent: Intent): Sides {
  const [base, quote] = intent.assets;
  const isPurchase = intent.intent_type === "acquire";
  return {
    base,
    quote,
    paid: isPurchase ? quote : base,
    received: isPurchase ? base : quote,
    isPurchase,
  };
}

/** The intent that a history is about; null while its beginning is missing. */
export function intentOf(events: readonly PlatformEvent[]): Intent | null {
  const [first] = events;
  return first?.topic === "intent.submitted" ? first.payload.intent : null;
}

export const soldBy = (step: ExecutionStep): Asset =>
  step.token_in === step.base.address ? step.base : step.quote;

export const boughtBy = (step: ExecutionStep): Asset =>
  step.token_out === step.base.address ? step.base : step.quote;

/** Base units as whole tokens with their symbol. */
export const tokens = (baseUnits: string, asset: Asset, places?: number): string =>
  `${units(baseUnits, asset.decimals, places)}${SPACE}${asset.symbol}`;

/** A decimal amount with its symbol. */
export const wholeTokens = (text: string, symbol: string, places?: number): string =>
  `${amount(text, places)}${SPACE}${symbol}`;

/** "Buy 0.5 WETH with USDC": what an intent asks for, as it was asked. */
export function wish({ intent_type, assets, amount: much }: Intent): string {
  const [base, quote] = assets;
  return wished(intent_type, much, base.symbol, quote.symbol);
}

/** The same as far as a document tells it. */
export function wishOf({ intent_type, amount: much, pair }: IntentSummary): string {
  const [base = "", quote = ""] = pair.split("/");
  return wished(intent_type, much, base, quote);
}

const wished = (type: Intent["intent_type"], much: string, base: string, quote: string): string =>
  type === "acquire"
    ? `Buy ${much}${SPACE}${base} with ${quote}`
    : `Sell ${much}${SPACE}${base} for ${quote}`;
