/** Recorded prices: what each pair is worth, its candles and its newest ticks. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";

interface Search {
  readonly symbol?: string | undefined;
  readonly interval?: string | undefined;
}

const WORD = /^[\w.:/-]{1,64}$/;
const word = (given: unknown): string | undefined =>
  typeof given === "string" && WORD.test(given) ? given : undefined;

export const marketRoute = createRoute({
  getParentRoute: () => root,
  path: "/market",
  validateSearch: ({ symbol, interval }: Readonly<Record<string, unknown>>): Search => ({
    symbol: word(symbol),
    interval: word(interval),
  }),
  component: lazyPage(() => import("./page").then((page) => page.MarketPage)),
});
