/** How a conclusion was reached: what each vote adds to the score, written and as bars. */
import type { Arithmetic, CountedVote } from "../generated/contracts";
import { compare, formatDecimal, parseDecimal } from "./decimal";
import { decimal, exactPercent } from "./format";

const MINUS = "\u2212";
const TIMES = "\u00d7";
const PERCENT_SCALE = 2;

export interface CountedRow {
  readonly model: string;
  readonly weight: string;
  /** Of −100 % to 100 %: negative is against the signal. */
  readonly confidence: string;
  /** What it adds to the sum, weight times confidence. */
  readonly product: string;
  /** From −1 to 1, for a bar only. */
  readonly share: number;
  readonly isFor: boolean;
}

/** Every vote that was counted, in the order of the configuration. */
export function countedRows({ counted = [] }: Arithmetic): readonly CountedRow[] {
  const heaviest = Math.max(...counted.map(({ weight }) => Number(weight)), 0);
  return counted.map((vote) => ({
    model: vote.model,
    weight: decimal(vote.weight),
    confidence: exactPercent(vote.signed_confidence),
    product: signed(productOf(vote)),
    share: heaviest === 0 ? 0 : (Number(vote.signed_confidence) * Number(vote.weight)) / heaviest,
    isFor: !vote.signed_confidence.startsWith("-"),
  }));
}

/** The weighted mean, written out; null where nothing was counted. */
export function scoreFormula(arithmetic: Arithmetic): string | null {
  const { counted = [], score } = arithmetic;
  if (counted.length === 0 || score == null) return null;
  const terms = counted.map(
    ({ weight, signed_confidence }) =>
      `${decimal(weight)} ${TIMES} ${bracketed(decimal(signed_confidence))}`,
  );
  const weights = counted.map(({ weight }) => decimal(weight)).join(" + ");
  return `(${terms.join(" + ")}) / (${weights}) = ${decimal(score)}`;
}

export interface Step {
  readonly name: string;
  readonly hint: string;
  readonly words: string;
  /** Null where it is a figure and no condition. */
  readonly passed: boolean | null;
}

const AGREEMENTS: Readonly<Record<NonNullable<Arithmetic["agreement"]>, string>> = {
  majority: "the weighted majority decides",
  unanimous: "all have to follow",
  any_veto: "one against it is enough",
};

const LIMITED_BY: Readonly<Record<NonNullable<Arithmetic["amount_limited_by"]>, string>> = {
  signal: "as large as the answers allow",
  policy: "cut by the policy's limit",
  source: "cut by the source's limit",
};

/** What was compared, in the order in which the desk compares it. */
export function stepsOf(arithmetic: Arithmetic, unit: string): readonly Step[] {
  const { voting, answered, needed, score, threshold, agreement, agreed } = arithmetic;
  const steps: Step[] = [
    {
      name: "Quorum",
      hint: "How many models with a vote have to answer",
      words: `${answered} of ${voting} answered, ${needed} needed`,
      passed: answered >= needed && answered > 0,
    },
  ];
  if (score != null && threshold != null) {
    const passed = compare(parseDecimal(score), parseDecimal(threshold)) >= 0;
    steps.push({
      name: "Score",
      hint: "The weighted mean of signed confidences",
      words: `${exactPercent(score)} ${passed ? "reaches" : "is below"} ${exactPercent(threshold)}`,
      passed,
    });
  }
  if (agreement != null) {
    steps.push({
      name: "Agreement",
      hint: "How far the models have to agree",
      words: AGREEMENTS[agreement],
      passed: agreed ?? null,
    });
  }
  return [...steps, ...sizes(arithmetic, unit)];
}

function sizes(arithmetic: Arithmetic, unit: string): readonly Step[] {
  const { size_pct, amount, amount_limited_by, max_slippage, time_window_seconds } = arithmetic;
  const steps: Step[] = [];
  const figure = (name: string, hint: string, words: string): void => {
    steps.push({ name, hint, words, passed: null });
  };
  if (size_pct != null) {
    figure("Size", "Of the signal's size", exactPercent(fractionOf(size_pct)));
  }
  if (amount != null) {
    const why = amount_limited_by == null ? "" : `, ${LIMITED_BY[amount_limited_by]}`;
    figure("Amount", "What an intent trades, or would", `${decimal(amount)} ${unit}${why}`);
  }
  if (max_slippage != null) {
    figure("Slippage", "The most an intent allows", exactPercent(max_slippage));
  }
  if (time_window_seconds != null) {
    figure("Time window", "Within which an intent has to end", `${time_window_seconds} s`);
  }
  return steps;
}

function productOf({ weight, signed_confidence }: CountedVote): string {
  const [left, right] = [parseDecimal(weight), parseDecimal(signed_confidence)];
  return formatDecimal({ digits: left.digits * right.digits, scale: left.scale + right.scale });
}

function fractionOf(percent: string): string {
  const { digits, scale } = parseDecimal(percent);
  return formatDecimal({ digits, scale: scale + PERCENT_SCALE });
}

const signed = (text: string): string => {
  const shown = decimal(text);
  return shown.startsWith(MINUS) || /^0(\.0*)?$/.test(shown) ? shown : `+${shown}`;
};

const bracketed = (text: string): string => (text.startsWith(MINUS) ? `(${text})` : text);
