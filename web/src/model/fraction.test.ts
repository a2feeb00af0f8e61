import { describe, expect, it } from "vitest";
import { fractionOfPercent } from "./fraction";

describe("percentages", () => {
  it.each([
    ["1", "0.01"],
    [" 0.5 ", "0.005"],
    ["100", "1.00"],
    ["0", "0.00"],
  ])("%s percent is %s", (text, fraction) => {
    expect(fractionOfPercent(text)).toBe(fraction);
  });

  it.each(["", "-1", "100.1", "1e1", "a", "1.", ".5"])("%s is none", (text) => {
    expect(fractionOfPercent(text)).toBeNull();
  });
});
