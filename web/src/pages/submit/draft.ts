/**
 * What stands in the form, whether it can be an intent, and the intent it is.
 *
 * Amounts are decimals from the field to the wire. The gateway checks everything again; what is
 * checked here spares a person a request that can only be refused.
 */
import type { Asset, Intent, IntentConstraints } from "../../generated/rest";
import { type Decimal, formatDecimal, parseDecimal } from "../../model/decimal";

export type Side = Intent["intent_type"];
export type Style = NonNullable<IntentConstraints["execution_style"]>;

export const SIDES = ["acquire", "dispose"] as const satisfies readonly Side[];
export const STYLES = ["passive", "balanced", "aggressive"] as const satisfies readonly Style[];

/** The form as it was typed. */
export interface Draft {
  readonly side: Side;
  /** `WETH/USDC`. */
  readonly pair: string;
  readonly amount: string;
  /** In percent. */
  readonly slippage: string;
  /** In seconds. */
  readonly window: string;
  readonly style: Style;
  readonly strategy: string;
  /** Empty: the gateway chooses. */
  readonly portfolio: string;
}

export type Field = keyof Draft;
export type Problems = Readonly<Partial<Record<Field, string>>>;

/** In the order of the form, so that the first wrong one gets the focus. */
export const FIELDS = [
  "side",
  "pair",
  "amount",
  "slippage",
  "window",
  "style",
  "strategy",
  "portfolio",
] as const satisfies readonly Field[];

export const EMPTY: Draft = {
  side: "acquire",
  pair: "",
  amount: "",
  slippage: "1",
  window: "300",
  style: "balanced",
  strategy: "manual",
  portfolio: "",
};

/** Two tokens, the first of which is bought or sold for the second. */
export interface Pair {
  readonly name: string;
  readonly base: Asset;
  readonly quote: Asset;
}

export const MAX_WINDOW_SECONDS = 86_400;
const MAX_AMOUNT_BASE_UNITS = 2n ** 128n;
const MAX_SLIPPAGE_PLACES = 34;
const PERCENT_SCALE = 2;

const DECIMAL = /^(?:\d+(?:\.\d*)?|\.\d+)$/;
const ACCOUNT = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/**
 * A typed number as the wire writes it: `.5` and `007` are numbers, too.
 *
 * Commas are refused: `1,500` is a thousand times as much to one person as to another.
 */
export function normalized(text: string): string | null {
  const plain = text.trim();
  if (!DECIMAL.test(plain)) return null;
  const [whole = "", fraction = ""] = plain.split(".");
  const integer = whole.replace(/^0+(?=\d)/, "") || "0";
  return fraction === "" ? integer : `${integer}.${fraction}`;
}

/** A percentage as the fraction that the wire has: `0.5` is `0.005`. */
export function fractionOf(percent: string): string | null {
  const text = normalized(percent);
  if (text === null) return null;
  const { digits, scale } = parseDecimal(text);
  return shortest({ digits, scale: scale + PERCENT_SCALE });
}

/** What an amount is worth at a price. */
export function worth(amount: string, price: string): string {
  const [left, right] = [parseDecimal(amount), parseDecimal(price)];
  return shortest({ digits: left.digits * right.digits, scale: left.scale + right.scale });
}

/** What is wrong with a draft, by field. */
export function problemsOf(draft: Draft, pair: Pair | undefined): Problems {
  const found: Record<Field, string | null> = {
    side: null,
    style: null,
    pair: pair === undefined ? "Choose a pair of the list." : null,
    amount: amountProblem(draft.amount, pair?.base),
    slippage: slippageProblem(draft.slippage),
    window: windowProblem(draft.window),
    strategy: ACCOUNT.test(draft.strategy) ? null : ACCOUNT_WORDS,
    portfolio: draft.portfolio === "" || ACCOUNT.test(draft.portfolio) ? null : ACCOUNT_WORDS,
  };
  return Object.fromEntries(Object.entries(found).filter(([, problem]) => problem !== null));
}

const ACCOUNT_WORDS = "1 to 64 letters, digits, - or _, the first a letter or digit.";

const NUMBER_WORDS = "Write a number such as 0.5: a point, no commas.";

function amountProblem(text: string, base: Asset | undefined): string | null {
  if (text.trim() === "") return "How much?";
  const amount = normalized(text);
  if (amount === null) return NUMBER_WORDS;
  const { digits, scale } = parseDecimal(amount);
  if (digits === 0n) return "Must be more than 0.";
  if (base === undefined) return null;
  if (scale > base.decimals && digits % 10n ** BigInt(scale - base.decimals) !== 0n) {
    return `${base.symbol} has ${base.decimals} decimals.`;
  }
  const units = (digits * 10n ** BigInt(base.decimals)) / 10n ** BigInt(scale);
  return units < MAX_AMOUNT_BASE_UNITS ? null : "That is more than can be traded.";
}

function slippageProblem(text: string): string | null {
  const percent = normalized(text);
  if (percent === null) return NUMBER_WORDS;
  const { digits, scale } = parseDecimal(percent);
  if (digits > 100n * 10n ** BigInt(scale)) return "At most 100 %.";
  return scale > MAX_SLIPPAGE_PLACES ? `At most ${MAX_SLIPPAGE_PLACES} decimals.` : null;
}

function windowProblem(text: string): string | null {
  if (!/^\d{1,5}$/.test(text.trim())) return `Seconds, from 1 to ${MAX_WINDOW_SECONDS}.`;
  const seconds = Number(text);
  if (seconds < 1) return "At least 1 second.";
  return seconds > MAX_WINDOW_SECONDS ? `At most ${MAX_WINDOW_SECONDS} seconds, a day.` : null;
}

/** The intent of a draft without problems; null while there are some. */
export function intentOf(draft: Draft, pair: Pair | undefined): Intent | null {
  const amount = normalized(draft.amount);
  const slippage = fractionOf(draft.slippage);
  if (pair === undefined || amount === null || slippage === null) return null;
  if (Object.keys(problemsOf(draft, pair)).length > 0) return null;
  return {
    strategy_id: draft.strategy,
    ...(draft.portfolio !== "" && { portfolio_id: draft.portfolio }),
    intent_type: draft.side,
    assets: [pair.base, pair.quote],
    amount: withinPlaces(amount, pair.base.decimals),
    constraints: {
      max_slippage: slippage,
      time_window: Number(draft.window),
      execution_style: draft.style,
    },
  };
}

/** The field of the form that a field of the request stands in; null where it is none of it. */
export function fieldOf(path: string): Field | null {
  const [, field = null] = PATHS.find(([beginning]) => path.startsWith(beginning)) ?? [];
  return field;
}

const PATHS: readonly (readonly [string, Field])[] = [
  ["strategy_id", "strategy"],
  ["portfolio_id", "portfolio"],
  ["intent_type", "side"],
  ["assets", "pair"],
  ["amount", "amount"],
  ["constraints.max_slippage", "slippage"],
  ["constraints.time_window", "window"],
  ["constraints.execution_style", "style"],
];

/** Without zeros that the token has no places for. */
function withinPlaces(amount: string, places: number): string {
  const { digits, scale } = parseDecimal(amount);
  if (scale <= places) return amount;
  return formatDecimal({ digits: digits / 10n ** BigInt(scale - places), scale: places });
}

function shortest(value: Decimal): string {
  const text = formatDecimal(value);
  return value.scale === 0 ? text : text.replace(/\.?0+$/, "");
}
