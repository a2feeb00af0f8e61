/** How models do: what they answered, took, cost and promised, and what came true of it. */
import type { DecisionStatus, ModelRole } from "../generated/contracts";
import { divide, formatDecimal } from "./decimal";
import { percent, usd } from "./format";

export interface ModelsDocument {
  readonly since: string;
  readonly models: readonly ModelDocument[];
}

export interface ModelDocument {
  readonly model: string;
  readonly vendor: string;
  readonly vendor_model?: string | null;
  readonly role: ModelRole;
  readonly budget: BudgetDocument;
  readonly prompts: readonly PromptDocument[];
}

export interface BudgetDocument {
  readonly day_calls: number;
  readonly max_calls?: number | null;
  readonly day_cost_microusd: number;
  readonly max_cost_microusd?: number | null;
}

export interface PromptDocument {
  readonly version: string;
  readonly asked: number;
  readonly statuses: Readonly<Partial<Record<DecisionStatus, number>>>;
  readonly latency_p50_ms?: number | null;
  readonly latency_p95_ms?: number | null;
  readonly tokens_in: number;
  readonly tokens_out: number;
  readonly cost_microusd?: number | null;
  readonly calibration: readonly CalibrationDocument[];
}

export interface CalibrationDocument {
  readonly horizon_seconds: number;
  readonly scored: number;
  readonly brier?: string | null;
  readonly bins: readonly BinDocument[];
}

export interface BinDocument {
  /** Confidences from so many percent on. */
  readonly from_pct: number;
  readonly to_pct: number;
  readonly count: number;
  readonly mean_confidence: string;
  /** How often it was right, a fraction, with the bounds of its interval. */
  readonly share_right: string;
  readonly low: string;
  readonly high: string;
}

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

export const answeredOf = ({ statuses }: PromptDocument): number => statuses.ok ?? 0;

export interface Totals {
  readonly asked: number;
  readonly answered: number;
  readonly costMicrousd: number;
  /** Whether some questions have no known price. */
  readonly isCostKnown: boolean;
}

/** Of all versions of its prompt together. */
export const totalsOf = ({ prompts }: ModelDocument): Totals => ({
  asked: sum(prompts.map(({ asked }) => asked)),
  answered: sum(prompts.map(answeredOf)),
  costMicrousd: sum(prompts.map(({ cost_microusd }) => cost_microusd ?? 0)),
  isCostKnown: prompts.every(({ cost_microusd }) => cost_microusd != null),
});

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

export interface Failure {
  readonly status: DecisionStatus;
  readonly count: number;
}

/** How its questions failed, the most frequent first. */
export const failuresOf = ({ statuses }: PromptDocument): readonly Failure[] =>
  (Object.entries(statuses) as [DecisionStatus, number][])
    .filter(([status, count]) => status !== "ok" && count > 0)
    .map(([status, count]) => ({ status, count }))
    .sort((left, right) => right.count - left.count);

/** The prompt that was asked last; those before it are told in the table only. */
export const currentPrompt = ({ prompts }: ModelDocument): PromptDocument | undefined =>
  prompts.at(-1);

/** The horizons that any model was scored at, the shortest first. */
export const horizonsOf = (models: readonly ModelDocument[]): readonly number[] =>
  [
    ...new Set(
      models.flatMap(({ prompts }) =>
        prompts.flatMap(({ calibration }) =>
          calibration.map(({ horizon_seconds }) => horizon_seconds),
        ),
      ),
    ),
  ].sort((left, right) => left - right);

export const calibrationAt = (
  prompt: PromptDocument | undefined,
  horizonSeconds: number | undefined,
): CalibrationDocument | null =>
  prompt?.calibration.find(({ horizon_seconds }) => horizon_seconds === horizonSeconds) ?? null;

/** A point of the curve, all of it from 0 to 1; for the picture alone. */
export interface Point {
  readonly bin: BinDocument;
  readonly said: number;
  readonly right: number;
  readonly low: number;
  readonly high: number;
  /** Against the largest bin. */
  readonly weight: number;
}

export function pointsOf({ bins }: CalibrationDocument): readonly Point[] {
  const filled = bins.filter(({ count }) => count > 0);
  const largest = Math.max(1, ...filled.map(({ count }) => count));
  return filled.map((bin) => ({
    bin,
    said: Number(bin.mean_confidence),
    right: Number(bin.share_right),
    low: Number(bin.low),
    high: Number(bin.high),
    weight: bin.count / largest,
  }));
}

/** Whether what it promised lies within what may be by chance, in every bin. */
export function judgementOf(calibration: CalibrationDocument): string {
  const points = pointsOf(calibration);
  if (calibration.scored < LEAST_SCORED) {
    return `Too few to judge: ${calibration.scored} of ${LEAST_SCORED} scored.`;
  }
  const over = points.filter(({ said, high }) => said > high).length;
  const under = points.filter(({ said, low }) => said < low).length;
  if (over === 0 && under === 0) return "It is as often right as it says.";
  if (under === 0) return "It is surer than it may be.";
  return over === 0 ? "It is right more often than it says." : "Its confidence says little.";
}

/** From so many on a calibrated value may replace a confidence. */
const LEAST_SCORED = 200;
