import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare, parseDecimal } from "./decimal";
import { compared, isCeiling, relationOf, shareOf } from "./rules";

const SPACE = "\u202f";

describe("what a rule compared", () => {
  it.each([
    ["NOTIONAL_LIMIT", "15042.504135 USD", false, "$15,042.50"],
    ["NOTIONAL_LIMIT", "10000.004 USD", true, "$10,000.004"],
    ["SLIPPAGE_LIMIT", "0.005", false, `0.5${SPACE}%`],
    ["PRICE_COLLAR", "12.34 bps", false, `0.1234${SPACE}%`],
    ["PRICE_COLLAR", "300 bps", false, `3${SPACE}%`],
    ["LEVERAGE_LIMIT", "1.5000", false, `1.5${SPACE}\u00d7`],
    ["OPEN_INTENTS_LIMIT", "1200", false, "1,200"],
    ["MARKET_STALE", "12 s", false, `12${SPACE}s`],
    ["ORDER_SIZE_LIMIT", "0.123456789 WETH", false, "0.123456 WETH"],
    ["ORDER_SIZE_LIMIT", "0.123456789 WETH", true, "0.123456789 WETH"],
    ["INSTRUMENT_UNKNOWN", "ethereum-WETH-USDC", true, "ethereum-WETH-USDC"],
    ["TRADING_HALTED", "halted", true, "halted"],
  ] as const)("%s: %s", (rule, text, isWhole, words) => {
    expect(compared(rule, text, isWhole)).toBe(words);
  });

  it("looks different when it differs, once it is written in full", () => {
    const number = fc
      .tuple(fc.bigInt(0n, 10n ** 20n), fc.nat(12))
      .map(([whole, places]) => `${whole}.${String(places).padStart(12, "0")}`);
    fc.assert(
      fc.property(number, number, (left, right) => {
        const [shown, other] = [left, right].map((one) =>
          compared("NOTIONAL_LIMIT", `${one} USD`, true),
        );
        const isEqual = compare(parseDecimal(left), parseDecimal(right)) === 0;
        expect(shown === other).toBe(isEqual);
      }),
    );
  });
});

describe("the share of a limit", () => {
  it("needs two numbers of one unit and a limit", () => {
    expect(shareOf("2500 USD", "10000 USD")).toBe(0.25);
    expect(shareOf("3", "20")).toBe(0.15);
    expect(shareOf("3 USD", "20 bps")).toBeNull();
    expect(shareOf("3", "0")).toBeNull();
    expect(shareOf("halted", "20")).toBeNull();
    expect(shareOf("-3", "20")).toBeNull();
  });

  it("is used up only where the limit is the most", () => {
    expect(relationOf("NOTIONAL_LIMIT")).toBe("of");
    expect(relationOf("NOTIONAL_MINIMUM")).toBe("at least");
    expect(relationOf("LOT_SIZE")).toBe("multiple of");
    expect(isCeiling("NOTIONAL_LIMIT")).toBe(true);
    expect(isCeiling("LOT_SIZE")).toBe(false);
  });
});
