/** Metrics of a run in plain words: docs/contracts/metrics.md defines each. */
import type { Metrics } from "../../generated/contracts";
import { amount, count, decimal, percent } from "../format";

type Name = keyof Metrics;
type Kind = "share" | "ratio" | "money" | "count" | "bars" | "times";

export interface MetricWords {
  readonly name: string;
  /** What it says, in a sentence. */
  readonly says: string;
  readonly kind: Kind;
  /** Whether more of it is better, which `compare` colours; left out where neither is. */
  readonly better?: "more" | "less";
}

const words = (name: string, says: string, kind: Kind, better?: "more" | "less"): MetricWords => ({
  name,
  says,
  kind,
  ...(better !== undefined && { better }),
});

export const METRICS = {
  total_return: words("Total return", "What the start equity grew by.", "share", "more"),
  buy_and_hold: words(
    "Buy and hold",
    "What buying at the start and holding would have returned.",
    "share",
  ),
  cagr: words("Yearly return", "The same growth as a rate of 365 days.", "share", "more"),
  end_equity: words("End equity", "All it held at the end, in quote.", "money", "more"),
  start_equity: words("Start equity", "All it held at the start, in quote.", "money"),
  max_drawdown: words(
    "Deepest drawdown",
    "The largest fall from a peak of equity, over all bars.",
    "share",
  ),
  max_drawdown_bars: words(
    "Longest recovery",
    "Bars from that peak until it was reached again, or to the end.",
    "bars",
    "less",
  ),
  volatility: words(
    "Volatility",
    "How far daily returns stray from their mean, as a rate of 365 days.",
    "share",
    "less",
  ),
  sharpe: words(
    "Sharpe",
    "Mean daily return for each unit of its spread, as a rate of 365 days.",
    "ratio",
    "more",
  ),
  probabilistic_sharpe: words(
    "Sharpe above 0",
    "How likely the true Sharpe ratio is above zero, given how long and how skewed the run is.",
    "share",
    "more",
  ),
  sortino: words("Sortino", "As Sharpe, but only days of losses count as spread.", "ratio", "more"),
  calmar: words("Calmar", "Yearly return for each unit of the deepest drawdown.", "ratio", "more"),
  trades: words("Trades", "Fills, purchases and sales alike.", "count"),
  win_rate: words("Won", "Closed trades that gained, fees and gas paid.", "share", "more"),
  profit_factor: words(
    "Profit factor",
    "What winning trades gained for each unit that losing ones lost.",
    "times",
    "more",
  ),
  expectancy: words("Mean profit", "Of a closed trade, in quote.", "money", "more"),
  expectancy_share: words(
    "Mean profit, share",
    "The same as a share of what was paid on entry.",
    "share",
    "more",
  ),
  best_trade: words(
    "Best trade",
    "The largest profit of a closed trade, in quote.",
    "money",
    "more",
  ),
  worst_trade: words(
    "Worst trade",
    "The largest loss of a closed trade, in quote.",
    "money",
    "more",
  ),
  longest_losing_run: words(
    "Losses in a row",
    "The most closed trades in a row that lost.",
    "count",
    "less",
  ),
  system_quality: words(
    "System quality",
    "Mean profit against its spread, times the root of the number of trades.",
    "ratio",
    "more",
  ),
  exposure_time: words("Time exposed", "Bars at which it held a position.", "share"),
  turnover: words("Turnover", "How often a year its mean equity was traded.", "times"),
  reverted: words("Reverted", "Swaps that failed on arrival and paid their gas.", "count", "less"),
  days: words("Days", "Days in UTC that the run covers.", "count"),
  bars: words("Bars", "Candles or states that were gone through.", "count"),
} as const satisfies Partial<Record<Name, MetricWords>>;

export type MetricName = keyof typeof METRICS;

export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];

export const isMetric = (name: string): name is MetricName => name in METRICS;

/** In the order in which a person asks. */
export const METRIC_GROUPS: readonly {
  readonly title: string;
  readonly names: readonly MetricName[];
}[] = [
  {
    title: "Return",
    names: ["total_return", "buy_and_hold", "cagr", "start_equity", "end_equity"],
  },
  {
    title: "Risk",
    names: [
      "max_drawdown",
      "max_drawdown_bars",
      "volatility",
      "sharpe",
      "probabilistic_sharpe",
      "sortino",
      "calmar",
    ],
  },
  {
    title: "Trades",
    names: [
      "trades",
      "win_rate",
      "profit_factor",
      "expectancy",
      "expectancy_share",
      "best_trade",
      "worst_trade",
      "longest_losing_run",
      "system_quality",
      "reverted",
    ],
  },
  { title: "Activity", names: ["exposure_time", "turnover", "days", "bars"] },
];

const RATIO_PLACES = 2;

/** A metric as it is written; null where it is not defined. */
export function metricText(name: MetricName, value: string | number | null): string | null {
  if (value === null) return null;
  const { kind } = METRICS[name];
  switch (kind) {
    case "share":
      return percent(String(value));
    case "money":
      return amount(String(value), 2);
    case "ratio":
      return amount(String(value), RATIO_PLACES);
    case "times":
      return `${amount(String(value), RATIO_PLACES)}\u202f×`;
    default:
      return count(Number(value));
  }
}

/** Why a metric has no value, in the engine's words. */
export function whyUndefined(metrics: Pick<Metrics, "undefined">, name: string): string {
  const reason = metrics.undefined[name];
  if (reason === undefined) return "It is not defined for this run.";
  const text = reason.replaceAll("_", " ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
}

export type Sign = "gain" | "loss" | "none";

/** Whether a difference is for the better; none where there is none, or neither is better. */
export function signOf(name: MetricName, difference: string | null): Sign {
  const { better } = METRICS[name] as MetricWords;
  if (difference === null || better === undefined || /^-?[0.]*$/.test(difference)) return "none";
  return difference.startsWith("-") === (better === "less") ? "gain" : "loss";
}

export const exact = (value: string | number): string =>
  typeof value === "number" ? count(value) : decimal(value);
