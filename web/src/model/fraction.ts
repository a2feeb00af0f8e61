/** Percentages that people enter, as the fractions that the gateway reads. */
import { compare, formatDecimal, parseDecimal } from "./decimal";

const HUNDRED = parseDecimal("100");
const PERCENT_SCALE = 2;

/** `0.5` percent is the fraction `0.005`; null for what is no percentage from 0 to 100. */
export function fractionOfPercent(text: string): string | null {
  if (!/^\d{1,3}(\.\d{1,16})?$/.test(text.trim())) return null;
  const percent = parseDecimal(text.trim());
  if (compare(percent, HUNDRED) > 0) return null;
  return formatDecimal({ digits: percent.digits, scale: percent.scale + PERCENT_SCALE });
}
