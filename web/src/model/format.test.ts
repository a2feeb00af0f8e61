import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare, divide, formatDecimal, parseDecimal } from "./decimal";
import {
  ago,
  amount,
  basisPoints,
  clock,
  decimal,
  duration,
  exactPercent,
  listAmount,
  moment,
  price,
  units,
  usd,
} from "./format";

describe("money", () => {
  it.each([
    ["0", "0.000000"],
    ["1202.0860489", "1,202.086048"],
    ["-0.5", "\u22120.500000"],
    ["0.0000001", "<0.000001"],
    ["-0.0000001", "\u2212<0.000001"],
    [
      "115792089237316195423570985008687907853269984665640564039457584007913129639935.9999999",
      "115,792,089,237,316,195,423,570,985,008,687,907,853,269,984,665,640,564,039,457,584,007,913,129,639,935.999999",
    ],
  ])("cuts %s to %s", (text, shown) => {
    expect(amount(text)).toBe(shown);
  });

  it("shows no more places than a token has", () => {
    expect(units("1512599899", 6)).toBe("1,512.599899");
    expect(units("12", 2)).toBe("0.12");
    expect(units("12", 0)).toBe("12");
    expect(units("500135000051100787", 18)).toBe("0.500135");
    expect(listAmount("0.50009")).toBe("0.5000");
  });

  it("writes dollars, prices and percentages", () => {
    expect(usd("1511.769")).toBe("$1,511.76");
    expect(usd("-0.001")).toBe("\u2212<$0.01");
    expect(price("3024.38301")).toBe("3,024.3830");
    expect(price("0.000330645")).toBe("0.000330");
    expect(basisPoints(5)).toBe("0.05\u202f%");
  });

  it("writes numbers and percentages in full where nothing may be cut", () => {
    expect(["0", "100", "10000.004000", "-0.50", "0.0000001"].map(decimal)).toEqual([
      "0",
      "100",
      "10,000.004",
      "\u22120.5",
      "0.0000001",
    ]);
    expect(["0.01", "0.00123", "1", "0"].map(exactPercent)).toEqual([
      "1\u202f%",
      "0.123\u202f%",
      "100\u202f%",
      "0\u202f%",
    ]);
  });

  it("never shows more than there is", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 40n), fc.nat(24), fc.nat(8), (digits, scale, places) => {
        const text = formatDecimal({ digits, scale });
        const shown = amount(text, places).replaceAll(",", "");
        if (shown.startsWith("<")) {
          expect(compare(parseDecimal(text), parseDecimal(shown.slice(1)))).toBeLessThan(0);
        } else {
          expect(compare(parseDecimal(shown), parseDecimal(text))).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});

describe("quotients", () => {
  it.each([
    ["1", "3", 4, "0.3333"],
    ["1", "8", 2, "0.12"],
    ["3", "8", 2, "0.38"],
    ["-1", "8", 2, "-0.12"],
    ["-3", "8", 2, "-0.38"],
    ["10", "4", 18, "2.5"],
    ["100", "1", 3, "100"],
  ])("%s / %s", (dividend, divisor, scale, quotient) => {
    const found = divide(parseDecimal(dividend), parseDecimal(divisor), scale);
    expect(found && formatDecimal(found)).toBe(quotient);
  });

  it("has none by zero", () => {
    expect(divide(parseDecimal("1"), parseDecimal("0.00"), 2)).toBeNull();
  });
});

describe("time", () => {
  it("has one unit in lists and milliseconds in details", () => {
    const at = "2026-11-28T15:01:46.044Z";
    const now = Date.parse(at);
    expect([0, 59, 60, 3_599, 3_600, 86_400].map((one) => ago(at, now + one * 1_000))).toEqual([
      "0s ago",
      "59s ago",
      "1m ago",
      "59m ago",
      "1h ago",
      "1d ago",
    ]);
    expect(ago(at, now - 5_000)).toBe("0s ago");
    expect(clock(at, "UTC")).toBe("15:01:46.044");
    expect(moment(at, "UTC")).toBe("28 Nov 2026, 15:01:46.044 UTC");
  });

  it("measures from milliseconds to days", () => {
    const shown = [0, 999, 1_052, 12_340, 61_000, 3_660_000, 200_000_000].map(duration);
    expect(shown.map((one) => one.replaceAll("\u202f", ""))).toEqual([
      "0ms",
      "999ms",
      "1.052s",
      "12.3s",
      "1m 1s",
      "1h 1m",
      "2d 7h",
    ]);
  });
});
