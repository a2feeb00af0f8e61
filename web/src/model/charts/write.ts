/** How the values of an axis are written: as short as they tell each other apart. */

const MINUS = "\u2212";
const SIGNIFICANT = 6;
const plain = new Intl.NumberFormat("en", { maximumSignificantDigits: SIGNIFICANT });
const percent = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export const axisNumber = (value: number): string => plain.format(value).replace("-", MINUS);

/** A share of 1. */
export const axisPercent = (value: number): string =>
  `${percent.format(value * 100).replace("-", MINUS)}\u202f%`;
