import { describe, expect, it } from "vitest";
import type { TokenDocument, TokenList } from "../../generated/rest";
import { matching, pairsOf } from "./pairs";

const token = (symbol: string, more: Partial<TokenDocument> = {}): TokenDocument => ({
  symbol,
  chain: "ethereum",
  address: `0x${symbol}`,
  decimals: 18,
  usd_pegged: false,
  fee_on_transfer: false,
  rebasing: false,
  native_wrapped: false,
  price_usd: "2",
  price_reason: null,
  price_block_number: 1,
  price_block_time: null,
  ...more,
});
const POOLS = [{ pool: "0x88", fee_pips: 500 }];
const LIST: TokenList = {
  tokens: [token("DAI"), token("FEE", { fee_on_transfer: true }), token("USDC"), token("WETH")],
  pairs: [
    {
      instrument: "ethereum-WETH-USDC",
      chain: "ethereum",
      base: "WETH",
      quote: "USDC",
      price: "3000",
      pools: POOLS,
    },
    { instrument: "x", chain: "ethereum", base: "WETH", quote: "FEE", price: "1", pools: POOLS },
    { instrument: "y", chain: "elsewhere", base: "WETH", quote: "DAI", price: "1", pools: POOLS },
  ],
  truncated: false,
};

describe("pairs", () => {
  it("are those with a pool, their reverse, then any two tokens that can be traded", () => {
    const pairs = pairsOf(LIST);
    expect(pairs.map(({ name }) => name)).toEqual([
      "WETH/USDC",
      "USDC/WETH",
      "DAI/USDC",
      "DAI/WETH",
      "USDC/DAI",
      "WETH/DAI",
    ]);
    expect(pairs[0]).toMatchObject({ price: "3000", pools: POOLS, baseUsd: "2" });
    expect(pairs[1]).toMatchObject({ price: null, pools: POOLS });
    expect(pairs[5]).toMatchObject({ pools: [] });
    expect(pairs[0]?.base).toEqual({
      symbol: "WETH",
      chain: "ethereum",
      address: "0xWETH",
      decimals: 18,
    });
  });

  it("with dollars and small fees come first", () => {
    const pair = (base: string, quote: string, fee_pips: number) => ({
      instrument: `ethereum-${base}-${quote}`,
      chain: "ethereum",
      base,
      quote,
      price: null,
      pools: [{ pool: "0x88", fee_pips }],
    });
    const tokens = [token("WETH"), token("LINK"), token("USDC", { usd_pegged: true })];
    const pairs = [
      pair("LINK", "WETH", 100),
      pair("LINK", "USDC", 3_000),
      pair("WETH", "USDC", 500),
    ];
    const names = pairsOf({ tokens, pairs, truncated: false }).map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(["WETH/USDC", "LINK/USDC", "LINK/WETH"]);
  });

  it.each([
    ["", 6],
    ["weth", 4],
    ["usdc weth", 2],
    ["WETH/", 4],
    ["weth/usdc", 2],
    ["btc", 0],
  ])("%j finds %i", (typed, count) => {
    expect(matching(pairsOf(LIST), typed)).toHaveLength(count);
  });

  it("that begin with what was typed come first", () => {
    const names = matching(pairsOf(LIST), "usdc").map(({ name }) => name);
    expect(names).toEqual(["USDC/WETH", "USDC/DAI", "WETH/USDC", "DAI/USDC"]);
    expect(matching(pairsOf(LIST), "usdc/weth")[0]?.name).toBe("USDC/WETH");
  });
});
