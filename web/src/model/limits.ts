/** The limits a risk policy can set: how they are called, written, and by what they are used. */
import type { PolicyDocument } from "../generated/rest";
import { basisPoints, decimal, usd } from "./format";

export type LimitUnit = "usd" | "amount" | "bps" | "seconds" | "count" | "times" | "flag";

export interface LimitWords {
  readonly name: string;
  readonly unit: LimitUnit;
  /** What it forbids, in a sentence. */
  readonly says: string;
}

const NARROW_SPACE = "\u202f";

/** In the order in which they are checked. */
export const LIMITS: Readonly<Record<string, LimitWords>> = {
  min_order_amount: {
    name: "Smallest order",
    unit: "amount",
    says: "An order has at least so many tokens of base. A sale of all that is left may have less.",
  },
  max_order_amount: {
    name: "Largest order",
    unit: "amount",
    says: "An order has at most so many tokens of base.",
  },
  lot_amount: {
    name: "Lot",
    unit: "amount",
    says: "The amount of an order is a multiple of it. A sale of all that is left need not be.",
  },
  min_notional_usd: {
    name: "Least value of an order",
    unit: "usd",
    says: "An order is worth at least so much. A sale of all that is left may be worth less.",
  },
  max_notional_usd: {
    name: "Most value of an order",
    unit: "usd",
    says: "An order is worth at most so much.",
  },
  max_slippage_bps: {
    name: "Slippage",
    unit: "bps",
    says: "An order may allow at most so much slippage.",
  },
  max_price_impact_bps: {
    name: "Price impact",
    unit: "bps",
    says: "A plan may be at most so much worse than the prices at approval.",
  },
  max_price_age_seconds: {
    name: "Age of a price",
    unit: "seconds",
    says: "The oldest pool state behind a price is no older.",
  },
  price_collar_bps: {
    name: "Price collar",
    unit: "bps",
    says: "A price is at most so far from the median of its pool's last ten minutes.",
  },
  duplicate_window_seconds: {
    name: "Same order again",
    unit: "seconds",
    says: "The same side, pair and amount is not approved twice within this time.",
  },
  max_intents_per_minute: {
    name: "Approvals a minute",
    unit: "count",
    says: "So many intents are approved within any sixty seconds.",
  },
  max_open_intents: {
    name: "Open intents",
    unit: "count",
    says: "So many approved intents may be without an end at the same time.",
  },
  cooldown_seconds: {
    name: "Rest after a sale",
    unit: "seconds",
    says: "So long after a sale of a pair none of it is bought.",
  },
  max_daily_loss_usd: {
    name: "Loss of a day",
    unit: "usd",
    says: "After a larger loss in a day (UTC) the portfolio only sells until a person resumes it.",
  },
  max_drawdown_bps: {
    name: "Drawdown",
    unit: "bps",
    says: "After a larger fall from the highest equity the portfolio only sells until a person resumes it.",
  },
  max_consecutive_losses: {
    name: "Losses in a row",
    unit: "count",
    says: "After so many losing exits in a row the portfolio only sells until a person resumes it.",
  },
  short_allowed: {
    name: "Selling short",
    unit: "flag",
    says: "Whether more may be sold than is held.",
  },
  max_position_amount: {
    name: "Position",
    unit: "amount",
    says: "A portfolio holds at most so many tokens of base, with what is under way.",
  },
  max_position_usd: {
    name: "Value of a position",
    unit: "usd",
    says: "What a portfolio holds of a pair's base is worth at most so much, with what is under way.",
  },
  max_total_position_amount: {
    name: "Position of all portfolios",
    unit: "amount",
    says: "All portfolios together hold at most so many tokens of base.",
  },
  max_total_position_usd: {
    name: "Value of all positions",
    unit: "usd",
    says: "What all portfolios together hold of a pair's base is worth at most so much.",
  },
  max_gross_exposure_usd: {
    name: "Gross exposure",
    unit: "usd",
    says: "The values of all tokens but pegged ones, whatever their sign, add up to at most so much.",
  },
  max_net_exposure_usd: {
    name: "Net exposure",
    unit: "usd",
    says: "The values of all tokens but pegged ones, with their sign, add up to at most so much.",
  },
  max_concentration_bps: {
    name: "Part of one token",
    unit: "bps",
    says: "One token is at most this part of the portfolio's equity.",
  },
  max_leverage: {
    name: "Leverage",
    unit: "times",
    says: "Gross exposure is at most so many times the equity.",
  },
  daily_budget_usd: {
    name: "Budget of a day",
    unit: "usd",
    says: "So much may be approved in a day (UTC). What is released comes back.",
  },
  approval_above_usd: {
    name: "Approval above",
    unit: "usd",
    says: "An order that is worth more waits until a person approves it.",
  },
};

/** A limit that this build does not know is shown as it is called. */
export const wordsOfLimit = (name: string): LimitWords =>
  LIMITS[name] ?? { name, unit: "count", says: "" };

export function limitText(name: string, value: string | number | boolean): string {
  const { unit } = wordsOfLimit(name);
  const text = String(value);
  if (unit === "flag") return text === "true" || text === "yes" ? "allowed" : "not allowed";
  if (!/^-?\d+(\.\d+)?$/.test(text)) return text;
  switch (unit) {
    case "usd":
      return usd(text);
    case "bps":
      return basisPoints(Number(text));
    case "seconds":
      return span(Number(text));
    case "times":
      return `${decimal(text)}×`;
    default:
      return decimal(text);
  }
}

/** Whole seconds in words: `30 s`, `2 min`, `1 h 30 min`. */
export function span(seconds: number): string {
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const said = parts.filter(([number]) => number > 0);
  const words = said.map(([number, unit]) => `${number}${NARROW_SPACE}${unit}`);
  return words.length === 0 ? `0${NARROW_SPACE}s` : words.join(" ");
}

export interface ScopedLimits {
  /** As the gateway writes it: `portfolio fund, instrument ethereum-WETH-USDC`. */
  readonly scope: string;
  readonly limits: readonly {
    readonly name: string;
    readonly value: string | number | boolean;
  }[];
}

type Words = Readonly<Record<string, unknown>>;

/** The limits of a policy by scope, the outermost first; a scope without any is left out. */
export function limitsByScope(policy: PolicyDocument): readonly ScopedLimits[] {
  const scopes: ScopedLimits[] = [
    section("hard", policy.hard),
    section("defaults", policy.defaults),
  ];
  for (const [portfolio, said] of Object.entries(policy.portfolios ?? {})) {
    scopes.push(section(`portfolio ${portfolio}`, said));
    for (const [instrument, narrower] of Object.entries(said.instruments ?? {})) {
      scopes.push(section(`portfolio ${portfolio}, instrument ${instrument}`, narrower));
    }
  }
  for (const [instrument, said] of Object.entries(policy.instruments ?? {})) {
    scopes.push(section(`instrument ${instrument}`, said));
  }
  return scopes.filter(({ limits }) => limits.length > 0);
}

function section(scope: string, said: object | undefined): ScopedLimits {
  const limits = Object.entries((said ?? {}) as Words).flatMap(([name, value]) =>
    isLimit(value) ? [{ name, value }] : [],
  );
  const order = Object.keys(LIMITS);
  limits.sort((left, right) => order.indexOf(left.name) - order.indexOf(right.name));
  return { scope, limits };
}

const isLimit = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";
