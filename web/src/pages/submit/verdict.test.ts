import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IntentPreview, PlanPreview, RiskPreview } from "../../generated/rest";
import { compare, fromBaseUnits, parseDecimal } from "../../model/decimal";
import { EMPTY } from "./draft";
import { actionOf, amountsOf, feeWords, priceOf, routeWords, verdictOf } from "./verdict";

const asset = (symbol: string, decimals: number) => ({
  symbol,
  chain: "ethereum",
  address: `0x${symbol}`,
  decimals,
});
const PAIR = { name: "WETH/USDC", base: asset("WETH", 18), quote: asset("USDC", 6) };
const RISK: RiskPreview = { verdict: "approved", max_notional_usd: "10000", max_slippage: "0.05" };
const ROUTE = {
  pool: "0x88",
  fee_pips: 500,
  amount_in: "1",
  amount_out: "1",
  ticks_crossed: 0,
  gas_estimate: 1,
  block_number: 1,
  sqrt_price_x96_after: "1",
};
const PLAN: PlanPreview = {
  verdict: "planned",
  amount_in: "1505760811",
  expected_out: "500000000000000000",
  min_out: "495000000000000000",
};
const preview = (more: Partial<IntentPreview>): IntentPreview => ({
  would_execute: false,
  risk: RISK,
  ...more,
});
const word = (more: Partial<IntentPreview>) => verdictOf(preview(more)).look.word;

describe("the verdict", () => {
  it("is that of the first stage that stops it", () => {
    const rejected = { verdict: "rejected" as const };
    const approved = { verdict: "approved" as const };
    expect(word({ risk: { ...RISK, verdict: "rejected" } })).toBe("Would be refused by risk");
    expect(word({ portfolio: rejected })).toBe("Would be refused by risk");
    expect(word({ portfolio: { verdict: "approval_required" } })).toBe("Would wait for approval");
    expect(word({ portfolio: approved, plan: rejected })).toBe("No plan would be made");
    expect(word({ portfolio: approved, plan: PLAN, would_execute: true })).toBe(
      "Would be executed",
    );
  });

  it("never says that what the gateway would not execute is executed", () => {
    expect(word({ portfolio: { verdict: "approved" }, plan: PLAN })).toBe("No plan would be made");
  });

  it("has the gateway's detail and what its code means", () => {
    const risk = { ...RISK, verdict: "rejected", reason: "NOTIONAL_LIMIT", detail: "too much" };
    const verdict = verdictOf(preview({ risk: risk as RiskPreview }));
    expect(verdict).toMatchObject({ code: "NOTIONAL_LIMIT", detail: "too much" });
    expect(verdict.reason?.advice).not.toBe("");
  });
});

describe("amounts", () => {
  it("are of base and quote, whichever is sold", () => {
    expect(amountsOf(PLAN, "acquire")).toEqual({
      base: "500000000000000000",
      quote: "1505760811",
      atLeast: "495000000000000000",
    });
    expect(amountsOf(PLAN, "dispose")).toMatchObject({
      base: "1505760811",
      quote: "500000000000000000",
    });
    expect(amountsOf({ verdict: "rejected" }, "acquire")).toBeNull();
    expect(amountsOf(null, "acquire")).toBeNull();
  });

  it("have a price that makes the quote of the base, to the last digit", () => {
    const amount = fc.bigInt(1n, 10n ** 30n);
    fc.assert(
      fc.property(amount, amount, (base, quote) => {
        const found = priceOf({ base: `${base}`, quote: `${quote}`, atLeast: "0" }, PAIR);
        const price = parseDecimal(found ?? "no price");
        const whole = fromBaseUnits(`${base}`, 18);
        const times = (digits: bigint) => ({
          digits: digits * whole.digits,
          scale: price.scale + whole.scale,
        });
        const exact = fromBaseUnits(`${quote}`, 6);
        expect(compare(times(price.digits - 1n), exact)).toBeLessThan(0);
        expect(compare(times(price.digits + 1n), exact)).toBeGreaterThan(0);
      }),
    );
    expect(priceOf({ base: "0", quote: "1", atLeast: "0" }, PAIR)).toBeNull();
  });

  it("stand on the button", () => {
    const draft = { ...EMPTY, amount: "0.5" };
    const amounts = amountsOf(PLAN, "acquire");
    expect(actionOf(draft, "0.5", PAIR, amounts)).toBe("Buy 0.5 WETH for about 1,505.760811 USDC");
    expect(actionOf({ ...draft, side: "dispose" }, "0.5", PAIR, null)).toBe("Sell 0.5 WETH");
  });
});

describe("a route", () => {
  it("is told by its pools and their fees", () => {
    const leg = { ...ROUTE, token_in: "", token_out: "" };
    const legs = [leg, { ...leg, fee_pips: 3_000 }];
    const plain = (text: string) => text.replaceAll("\u202f", " ");
    expect(plain(routeWords(ROUTE))).toBe("one pool, 0.05 %");
    expect(plain(routeWords({ ...ROUTE, path: "two_hop", legs }))).toBe(
      "two pools in a row, 0.05 % then 0.30 %",
    );
    expect(plain(routeWords({ ...ROUTE, path: "split", legs }))).toBe(
      "split over 2 pools, 0.05 % and 0.30 %",
    );
    expect(plain(feeWords(100))).toBe("0.01 %");
  });
});
