/** The pairs that can be traded: those with a pool, in either order, and any two tokens over a third. */
import type { Asset, PairPool, TokenDocument, TokenList } from "../../generated/rest";
import type { Pair } from "./draft";

export interface TradedPair extends Pair {
  /** Quote for a whole base; null where the gateway tells none in this order. */
  readonly price: string | null;
  /** What a whole base is worth; null where no pool can be believed. */
  readonly baseUsd: string | null;
  /** The cheapest first; none where a third token lies between. */
  readonly pools: readonly PairPool[];
}

/** Pairs as they are usually named first, then their reverse, then those over a third token. */
export function pairsOf({ tokens, pairs }: TokenList): readonly TradedPair[] {
  const bySymbol = new Map(tokens.map((token) => [`${token.chain} ${token.symbol}`, token]));
  const found = new Map<string, TradedPair>();
  const add = (
    base: TokenDocument | undefined,
    quote: TokenDocument | undefined,
    pools: readonly PairPool[],
    price: string | null,
  ): void => {
    if (base === undefined || quote === undefined || base === quote) return;
    if (base.chain !== quote.chain || base.fee_on_transfer || quote.fee_on_transfer) return;
    const pair = pairOf(base, quote, pools, price);
    if (!found.has(pair.name)) found.set(pair.name, pair);
  };
  const named = pairs
    .map((pair) => ({
      ...pair,
      tokens: [pair.base, pair.quote].map((symbol) => bySymbol.get(`${pair.chain} ${symbol}`)),
    }))
    .toSorted((left, right) => rankOf(left) - rankOf(right));
  for (const { tokens: [base, quote] = [], pools, price } of named) add(base, quote, pools, price);
  for (const { tokens: [base, quote] = [], pools } of named) add(quote, base, pools, null);
  for (const base of tokens) for (const quote of tokens) add(base, quote, [], null);
  return [...found.values()];
}

interface Named {
  readonly tokens: readonly (TokenDocument | undefined)[];
  readonly pools: readonly PairPool[];
}

const MAX_PIPS = 1_000_000;

/** Tokens for dollars come first, and among them the cheapest: the first is a good example. */
const rankOf = ({ tokens: [base, quote], pools: [cheapest] }: Named): number =>
  (quote?.usd_pegged && !base?.usd_pegged ? 0 : MAX_PIPS) + (cheapest?.fee_pips ?? MAX_PIPS);

function pairOf(
  base: TokenDocument,
  quote: TokenDocument,
  pools: readonly PairPool[],
  price: string | null,
): TradedPair {
  return {
    name: `${base.symbol}/${quote.symbol}`,
    base: assetOf(base),
    quote: assetOf(quote),
    pools,
    price,
    baseUsd: base.price_usd,
  };
}

const assetOf = ({ symbol, chain, address, decimals }: TokenDocument): Asset => ({
  symbol,
  chain,
  address,
  decimals,
});

/** Those whose name has all that was typed: `usdc weth` finds `WETH/USDC`. */
export function matching(pairs: readonly TradedPair[], typed: string): readonly TradedPair[] {
  const words = typed
    .toLowerCase()
    .split(/[\s/-]+/)
    .filter(Boolean);
  const begins = `${words.join("/")}`;
  const rank = ({ name }: TradedPair): number => (name.toLowerCase().startsWith(begins) ? 0 : 1);
  return pairs
    .filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
    .toSorted((left, right) => rank(left) - rank(right));
}
