/** A question about other limits as it is entered, and as the gateway takes it. */
import type { WantedLimits, WhatIfQuestion } from "./contract";

export type LimitName = keyof WantedLimits;

export interface Asked {
  /** Days of UTC; the last one is part of it. */
  readonly from: string;
  readonly to: string;
  readonly strategy: string;
  readonly limits: Readonly<Record<LimitName, string>>;
}

interface LimitWords {
  readonly name: string;
  readonly unit: string;
  readonly hint: string;
}

export const LIMIT_WORDS: Readonly<Record<LimitName, LimitWords>> = {
  max_notional_usd: { name: "Value of an intent", unit: "USD", hint: "At most" },
  max_position_usd: { name: "Value of a position", unit: "USD", hint: "At most, after the fill" },
  max_daily_notional_usd: { name: "Value of a day", unit: "USD", hint: "At most, all together" },
  max_slippage: {
    name: "Slippage allowed",
    unit: "%",
    hint: "Intents that allow more are refused",
  },
};

export const LIMIT_NAMES = Object.keys(LIMIT_WORDS) as readonly LimitName[];

const DAY_MS = 86_400_000;
export const MOST_DAYS = 90;

/** The newest days, without any limit yet. */
export function firstAsked(nowMs: number, days: number): Asked {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  return {
    from: day(nowMs - (days - 1) * DAY_MS),
    to: day(nowMs),
    strategy: "",
    limits: {
      max_notional_usd: "",
      max_position_usd: "",
      max_daily_notional_usd: "",
      max_slippage: "",
    },
  };
}

const AMOUNT = /^(?=.*[1-9])\d{1,20}(\.\d{1,18})?$/;
const PERCENT = /^\d{1,2}(\.\d{1,6})?$/;
const STRATEGY = /^[A-Za-z0-9_-]{1,64}$/;

/** What is wrong, by field. */
export function problemsOf(asked: Asked): Readonly<Record<string, string>> {
  const { from, to, strategy, limits } = asked;
  const found: Record<string, string> = {};
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (!(days >= 1)) found.to = "It has to end later than it begins.";
  else if (days > MOST_DAYS) found.to = `At most ${MOST_DAYS} days.`;
  if (strategy !== "" && !STRATEGY.test(strategy)) found.strategy = "Letters, digits, - and _.";
  for (const name of LIMIT_NAMES) {
    const [text, form] = [limits[name], name === "max_slippage" ? PERCENT : AMOUNT];
    if (text !== "" && !form.test(text)) found[name] = "This has to be a decimal.";
  }
  if (LIMIT_NAMES.every((name) => limits[name] === "")) found.limits = "Change one limit at least.";
  return found;
}

export function questionOf({ from, to, strategy, limits }: Asked): WhatIfQuestion {
  const given = LIMIT_NAMES.filter((name) => limits[name] !== "");
  return {
    from: `${from}T00:00:00.000Z`,
    to: new Date(Date.parse(to) + DAY_MS).toISOString(),
    ...(strategy !== "" && { strategy_id: strategy }),
    limits: Object.fromEntries(
      given.map((name) => [name, name === "max_slippage" ? shareOf(limits[name]) : limits[name]]),
    ),
  };
}

/** A percentage as a share: the point two places to the left. */
export function shareOf(percent: string): string {
  const [whole = "0", fraction = ""] = percent.split(".");
  const digits = whole.padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}${fraction}`.replace(/^0+(?=\d)/, "");
}
