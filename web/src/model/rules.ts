/**
 * How what the rules of risk compare is written.
 *
 * The gateway compares; nothing is computed here. A value of a failed rule is written in full: cut
 * to two places it could look like the limit that it exceeds.
 */
import type { RiskRejectionReason } from "../generated/rest";
import { formatDecimal, parseDecimal } from "./decimal";
import { amount, decimal, exactPercent, usd } from "./format";

const NUMBER = /^(-?\d+(?:\.\d+)?)(?: (\S.*))?$/;
const TIMES = "\u00d7";
const NARROW_SPACE = "\u202f";

/** What a rule compared, in words; in full if it must not be cut. */
export function compared(rule: RiskRejectionReason, text: string, isWhole: boolean): string {
  const [, number, unit] = NUMBER.exec(text) ?? [];
  if (number === undefined) return text;
  if (unit === "USD") return isWhole ? `$${decimal(number)}` : usd(number);
  if (unit === "bps") return percentOfBps(number);
  if (unit === "s") return `${decimal(number)}${NARROW_SPACE}s`;
  if (unit !== undefined) return `${isWhole ? decimal(number) : amount(number)} ${unit}`;
  if (rule === "SLIPPAGE_LIMIT") return exactPercent(number);
  return decimal(number) + (rule === "LEVERAGE_LIMIT" ? NARROW_SPACE + TIMES : "");
}

/** How much of its limit a value takes, for a bar only; null where they are no such numbers. */
export function shareOf(value: string, limit: string): number | null {
  const [, left, leftUnit] = NUMBER.exec(value) ?? [];
  const [, right, rightUnit] = NUMBER.exec(limit) ?? [];
  if (left === undefined || right === undefined || leftUnit !== rightUnit) return null;
  const of = Number(right);
  return of > 0 && Number(left) >= 0 ? Number(left) / of : null;
}

/** How a value has to stand to its limit. */
export type Relation = "of" | "at least" | "multiple of";

export const relationOf = (rule: RiskRejectionReason): Relation => RELATIONS.get(rule) ?? "of";

/** Whether the limit is the most that is allowed, so that a value uses it up. */
export const isCeiling = (rule: RiskRejectionReason): boolean => relationOf(rule) === "of";

const RELATIONS: ReadonlyMap<RiskRejectionReason, Relation> = new Map([
  ["ORDER_SIZE_MINIMUM", "at least"],
  ["NOTIONAL_MINIMUM", "at least"],
  ["DUPLICATE_INTENT", "at least"],
  ["COOLDOWN", "at least"],
  ["LOT_SIZE", "multiple of"],
  ["TICK_SIZE", "multiple of"],
]);

const BPS_SCALE = 4;

function percentOfBps(bps: string): string {
  const { digits, scale } = parseDecimal(bps);
  return exactPercent(formatDecimal({ digits, scale: scale + BPS_SCALE }));
}
