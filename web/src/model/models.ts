/** How models do: what they answered, took, cost and promised, and what came true of it. */
import type { DecisionStatus, ModelRole } from "../generated/contracts";
import { DECISION_STATUSES } from "../generated/reasons";
import type {
  Calibration,
  CalibrationBin,
  CallSummary,
  ModelDocument,
  Score,
} from "../generated/rest";
import { divide, formatDecimal } from "./decimal";
import { percent, usd } from "./format";

const MICRO_SCALE = 6;
const SMALLEST_SHOWN_MICROUSD = 10_000;

/** Millionths of a dollar; less than a cent is written in full. */
export function microUsd(microusd: number): string {
  const text = formatDecimal({ digits: BigInt(microusd), scale: MICRO_SCALE });
  if (microusd === 0 || microusd >= SMALLEST_SHOWN_MICROUSD) return usd(text);
  return `$${text.replace(/0+$/, "")}`;
}

/** A share of a whole as a percentage; a dash where there is no whole. */
export function shareOf(part: number, whole: number): string {
  const quotient = divide(
    { digits: BigInt(part), scale: 0 },
    { digits: BigInt(whole), scale: 0 },
    4,
  );
  return quotient === null ? "–" : percent(formatDecimal(quotient), 1);
}

/** How many questions have ended, and how many of those with an answer. */
export function endedOf({ by_status }: CallSummary): { readonly all: number; readonly ok: number } {
  const { unanswered = 0, ok = 0 } = by_status;
  return { all: sum(Object.values(by_status)) - unanswered, ok };
}

export interface Totals {
  readonly calls: number;
  readonly ended: number;
  readonly answered: number;
  /** Null where no price is known. */
  readonly costMicrousd: number | null;
}

/** Of all versions of its prompt together. */
export function totalsOf({ prompts }: ModelDocument): Totals {
  const costs = prompts.flatMap(({ cost_microusd }) => cost_microusd ?? []);
  return {
    calls: sum(prompts.map(({ calls }) => calls)),
    ended: sum(prompts.map((one) => endedOf(one).all)),
    answered: sum(prompts.map((one) => endedOf(one).ok)),
    costMicrousd: costs.length === 0 ? null : sum(costs),
  };
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

export interface Failure {
  readonly status: DecisionStatus;
  readonly count: number;
}

const isStatus = (text: string): text is DecisionStatus => text in DECISION_STATUSES;

/** How its questions failed, the most frequent first. */
export const failuresOf = ({ by_status }: CallSummary): readonly Failure[] =>
  Object.entries(by_status)
    .flatMap(([status, count]) =>
      isStatus(status) && status !== "ok" && count > 0 ? [{ status, count }] : [],
    )
    .sort((left, right) => right.count - left.count);

/** One version of a model's prompt: how it was asked in the period, and how it was scored. */
export interface PromptRow {
  readonly version: string;
  readonly calls: CallSummary | null;
  readonly score: Score | null;
  readonly lastAt: string;
}

/** The prompts of a model, what was asked last first, scored at a horizon. */
export function promptRows(
  { prompts, calibration }: ModelDocument,
  horizonSeconds: number | undefined,
): readonly PromptRow[] {
  const scores = calibration.filter(({ horizon_seconds }) => horizon_seconds === horizonSeconds);
  const versions = new Set([...prompts, ...scores].map(({ prompt_version }) => prompt_version));
  return [...versions]
    .map((version) => {
      const calls = prompts.find(({ prompt_version }) => prompt_version === version) ?? null;
      const score = scores.find(({ prompt_version }) => prompt_version === version) ?? null;
      const times = [calls?.last_at, score?.last_at].filter((time) => time !== undefined);
      return { version, calls, score, lastAt: times.sort().at(-1) ?? "" };
    })
    .sort((left, right) => right.lastAt.localeCompare(left.lastAt));
}

/** What its newest prompt was asked as; null where it was not asked in the period. */
export const newestCalls = (model: ModelDocument): CallSummary | null =>
  promptRows(model, undefined)[0]?.calls ?? null;

export const roleOf = (model: ModelDocument): ModelRole | null => newestCalls(model)?.role ?? null;

/** The score of the prompt that was asked last. */
export const newestScore = (
  model: ModelDocument,
  horizonSeconds: number | undefined,
): Score | null => promptRows(model, horizonSeconds)[0]?.score ?? null;

/** The horizons that any model was scored at, the shortest first. */
export const horizonsOf = (models: readonly ModelDocument[]): readonly number[] =>
  [
    ...new Set(
      models.flatMap(({ calibration }) =>
        calibration.map(({ horizon_seconds }) => horizon_seconds),
      ),
    ),
  ].sort((left, right) => left - right);

/** A point of the curve, all of it from 0 to 1; for the picture alone. */
export interface Point {
  readonly bin: CalibrationBin;
  readonly said: number;
  readonly seen: number;
  /** Bounds of what may be by chance. */
  readonly low: number;
  readonly high: number;
  /** Against the largest bin. */
  readonly weight: number;
}

export function pointsOf({ bins = [] }: Calibration): readonly Point[] {
  const largest = Math.max(1, ...bins.map(({ outcomes }) => outcomes));
  return bins
    .filter(({ outcomes }) => outcomes > 0)
    .map((bin) => {
      const seen = Number(bin.seen);
      const [low, high] = wilson(seen, bin.outcomes);
      return { bin, said: Number(bin.said), seen, low, high, weight: bin.outcomes / largest };
    });
}

/** Standard deviations that hold 95 of a hundred. */
const Z = 1.959964;

/** The interval of a share by Wilson (1927), which holds for few trials, too. */
export function wilson(share: number, trials: number): readonly [low: number, high: number] {
  const spread = (Z * Z) / trials;
  const centre = (share + spread / 2) / (1 + spread);
  const half = (Z / (1 + spread)) * Math.sqrt((share * (1 - share)) / trials + spread / trials / 4);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** Whether what it held for likely lies within what may be by chance, in every bin. */
export function judgementOf(calibration: Calibration): string {
  const points = pointsOf(calibration);
  if (points.length === 0) {
    return `Too few to judge: ${calibration.outcomes} of ${LEAST_OUTCOMES} have come due.`;
  }
  const over = points.some(({ said, high }) => said > high);
  const under = points.some(({ said, low }) => said < low);
  if (!over && !under) return "It is as often right as it says.";
  if (!under) return "It is surer than it may be.";
  return over ? "Its confidence says little." : "It is right more often than it says.";
}

/** Under so many the platform says nothing but how many there are. */
const LEAST_OUTCOMES = 30;
