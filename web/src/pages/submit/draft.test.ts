import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare, parseDecimal } from "../../model/decimal";
import {
  type Draft,
  EMPTY,
  fieldOf,
  fractionOf,
  intentOf,
  MAX_WINDOW_SECONDS,
  normalized,
  type Pair,
  problemsOf,
  worth,
} from "./draft";

const WETH = { symbol: "WETH", chain: "ethereum", address: "0xC0", decimals: 18 };
const USDC = { symbol: "USDC", chain: "ethereum", address: "0xA0", decimals: 6 };
const PAIR: Pair = { name: "WETH/USDC", base: WETH, quote: USDC };
const FRACTIONAL: Pair = { name: "USDC/WETH", base: USDC, quote: WETH };
const DRAFT: Draft = { ...EMPTY, pair: PAIR.name, amount: "0.5" };

const isSame = (left: string, right: string): boolean =>
  compare(parseDecimal(left), parseDecimal(right)) === 0;

/** Numbers as people type them, beside the same number as digits over a power of ten. */
const typed = fc
  .record({
    whole: fc.bigInt(0n, 10n ** 24n),
    fraction: fc.array(fc.nat(9), { maxLength: 18 }).map((digits) => digits.join("")),
    zeros: fc.nat(3),
    hasPoint: fc.boolean(),
  })
  .map(({ whole, fraction, zeros, hasPoint }) => ({
    text: `${"0".repeat(zeros)}${whole}${fraction || hasPoint ? "." : ""}${fraction}`,
    value: fraction ? `${whole}.${fraction}` : `${whole}`,
  }));

describe("numbers as they are typed", () => {
  it.each([
    [".5", "0.5"],
    ["1.", "1"],
    [" 007.10 ", "7.10"],
    ["0", "0"],
  ])("reads %j as %s", (text, number) => {
    expect(normalized(text)).toBe(number);
  });

  it.each(["", ".", "-1", "1e3", "1,500", "1,5", "0x10", "1 000", "\u0661", "NaN"])(
    "refuses %j",
    (text) => {
      expect(normalized(text)).toBeNull();
    },
  );

  it("keeps their value", () => {
    fc.assert(
      fc.property(typed, ({ text, value }) => {
        expect(isSame(normalized(text) ?? "no number", value)).toBe(true);
      }),
    );
  });

  it("become an amount of the same value, or are refused for their decimals", () => {
    fc.assert(
      fc.property(typed, fc.constantFrom(PAIR, FRACTIONAL), ({ text, value }, pair) => {
        const draft = { ...DRAFT, amount: text };
        const intent = intentOf(draft, pair);
        if (intent === null) {
          expect(problemsOf(draft, pair).amount).toBeDefined();
        } else {
          expect(isSame(intent.amount, value)).toBe(true);
          expect(intent.amount).toMatch(/^(?=.*[1-9])(0|[1-9]\d{0,39})(\.\d{1,36})?$/);
          expect(parseDecimal(intent.amount).scale).toBeLessThanOrEqual(pair.base.decimals);
        }
      }),
    );
  });
});

describe("percentages", () => {
  it.each([
    ["1", "0.01"],
    ["0.5", "0.005"],
    ["100", "1"],
    ["0", "0"],
    ["12.50", "0.125"],
  ])("%s %% is %s", (percent, fraction) => {
    expect(fractionOf(percent)).toBe(fraction);
  });

  it("are a hundred times the fraction, as the wire writes it", () => {
    fc.assert(
      fc.property(typed, ({ text, value }) => {
        const fraction = fractionOf(text) ?? "no number";
        const { digits, scale } = parseDecimal(fraction);
        expect(compare({ digits: digits * 100n, scale }, parseDecimal(value))).toBe(0);
        expect(fraction).toMatch(/^(0|[1-9]\d*)(\.\d*[1-9])?$/);
      }),
    );
  });
});

describe("what an amount is worth", () => {
  it("is exact", () => {
    expect(worth("0.5", "3008.500827")).toBe("1504.2504135");
    fc.assert(
      fc.property(typed, typed, ({ value: amount }, { value: price }) => {
        const [left, right] = [parseDecimal(amount), parseDecimal(price)];
        const exact = { digits: left.digits * right.digits, scale: left.scale + right.scale };
        expect(compare(parseDecimal(worth(amount, price)), exact)).toBe(0);
      }),
    );
  });
});

describe("a draft", () => {
  it("becomes an intent", () => {
    expect(intentOf({ ...DRAFT, portfolio: "fund" }, PAIR)).toEqual({
      strategy_id: "manual",
      portfolio_id: "fund",
      intent_type: "acquire",
      assets: [WETH, USDC],
      amount: "0.5",
      constraints: { max_slippage: "0.01", time_window: 300, execution_style: "balanced" },
    });
    expect(intentOf(DRAFT, PAIR)).not.toHaveProperty("portfolio_id");
  });

  it.each<[Partial<Draft>, keyof Draft]>([
    [{ amount: "" }, "amount"],
    [{ amount: "0.0" }, "amount"],
    [{ amount: "0.0000000000000000001" }, "amount"],
    [{ amount: `${2n ** 128n}` }, "amount"],
    [{ slippage: "100.01" }, "slippage"],
    [{ slippage: "one" }, "slippage"],
    [{ window: "0" }, "window"],
    [{ window: String(MAX_WINDOW_SECONDS + 1) }, "window"],
    [{ window: "1.5" }, "window"],
    [{ strategy: "" }, "strategy"],
    [{ strategy: "-a" }, "strategy"],
    [{ portfolio: "a b" }, "portfolio"],
  ])("with %j has a problem in its %s alone", (change, field) => {
    const draft = { ...DRAFT, ...change };
    expect(Object.keys(problemsOf(draft, PAIR))).toEqual([field]);
    expect(intentOf(draft, PAIR)).toBeNull();
  });

  it("needs a pair", () => {
    expect(problemsOf(DRAFT, undefined)).toHaveProperty("pair");
    expect(intentOf(DRAFT, undefined)).toBeNull();
  });
});

describe("a field of the request", () => {
  it.each([
    ["assets[0].address", "pair"],
    ["constraints.max_slippage", "slippage"],
    ["constraints.time_window", "window"],
    ["portfolio_id", "portfolio"],
    ["body", null],
  ])("%s stands in %s", (path, field) => {
    expect(fieldOf(path)).toBe(field);
  });
});
