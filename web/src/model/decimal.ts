/** Exact decimals: amounts and prices are compared and divided without ever being a `number`. */

export interface Decimal {
  readonly digits: bigint;
  /** How many of the digits stand behind the point. */
  readonly scale: number;
}

export function parseDecimal(text: string): Decimal {
  const point = text.indexOf(".");
  if (point < 0) return { digits: BigInt(text), scale: 0 };
  return {
    digits: BigInt(text.slice(0, point) + text.slice(point + 1)),
    scale: text.length - point - 1,
  };
}

export function formatDecimal({ digits, scale }: Decimal): string {
  const sign = digits < 0n ? "-" : "";
  const text = magnitude(digits)
    .toString()
    .padStart(scale + 1, "0");
  return sign + (scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`);
}

export const fromBaseUnits = (units: string, decimals: number): Decimal => ({
  digits: BigInt(units),
  scale: decimals,
});

/** Negative, zero or positive, as `left` is less than, equal to or greater than `right`. */
export function compare(left: Decimal, right: Decimal): number {
  const scale = Math.max(left.scale, right.scale);
  const difference =
    left.digits * tenTo(scale - left.scale) - right.digits * tenTo(scale - right.scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The quotient, half even at `scale` digits and without trailing zeros; null where there is none. */
export function divide(dividend: Decimal, divisor: Decimal, scale: number): Decimal | null {
  if (divisor.digits === 0n) return null;
  const shift = scale + divisor.scale - dividend.scale;
  const numerator = dividend.digits * tenTo(Math.max(shift, 0));
  const denominator = divisor.digits * tenTo(Math.max(-shift, 0));
  return withoutTrailingZeros({ digits: halfEven(numerator, denominator), scale });
}

function halfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = magnitude(numerator % denominator) * 2n;
  const whole = magnitude(denominator);
  const isAway = twice > whole || (twice === whole && quotient % 2n !== 0n);
  if (!isAway) return quotient;
  return numerator < 0n === denominator < 0n ? quotient + 1n : quotient - 1n;
}

function withoutTrailingZeros({ digits, scale }: Decimal): Decimal {
  let [left, places] = [digits, scale];
  while (places > 0 && left % 10n === 0n) {
    left /= 10n;
    places -= 1;
  }
  return { digits: left, scale: places };
}

const tenTo = (exponent: number): bigint => 10n ** BigInt(exponent);
const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
