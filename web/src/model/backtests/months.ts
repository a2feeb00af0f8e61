/** Returns of months as a table: a row for each year, a column for each month. */

import { type Decimal, formatDecimal, parseDecimal } from "../decimal";
import type { Month } from "./contract";

export interface YearRow {
  readonly year: string;
  /** Twelve of them; null where the run has no such month. */
  readonly months: readonly (Month | null)[];
  /** All of the year's months compounded; null where one of them is not defined. */
  readonly total: string | null;
}

const MONTHS_IN_YEAR = 12;
const PLACES = 6;

/** Of the newest year first. */
export function yearsOf(months: readonly Month[]): readonly YearRow[] {
  const years = [...new Set(months.map(({ month }) => month.slice(0, 4)))].sort().reverse();
  return years.map((year) => {
    const own = months.filter(({ month }) => month.startsWith(`${year}-`));
    return {
      year,
      months: Array.from(
        { length: MONTHS_IN_YEAR },
        (_, place) => own.find(({ month }) => Number(month.slice(5)) === place + 1) ?? null,
      ),
      total: compounded(own.map(({ total_return }) => total_return ?? null)),
    };
  });
}

/** The return of periods one after another; null where one of them is not known. */
export function compounded(returns: readonly (string | null)[]): string | null {
  let growth: Decimal = { digits: 1n, scale: 0 };
  for (const one of returns) {
    if (one === null) return null;
    const { digits, scale } = parseDecimal(one);
    const factor = digits + 10n ** BigInt(scale);
    growth = { digits: growth.digits * factor, scale: growth.scale + scale };
  }
  const { digits, scale } = growth;
  return formatDecimal(cutTo({ digits: digits - 10n ** BigInt(scale), scale }, PLACES));
}

function cutTo({ digits, scale }: Decimal, places: number): Decimal {
  if (scale <= places) return { digits, scale };
  return { digits: digits / 10n ** BigInt(scale - places), scale: places };
}

/** How strongly a return is coloured, from -1 to 1; five percent a month is the full colour. */
export function strengthOf(text: string | null | undefined): number {
  if (text == null) return 0;
  return Math.max(-1, Math.min(1, Number(text) / FULL_RETURN));
}

const FULL_RETURN = 0.05;
