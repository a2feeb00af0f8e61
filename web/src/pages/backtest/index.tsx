/** One run of a back-test, and one of its trades. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";
import { intentSearch } from "../intent/search";
import { tradeFilter } from "./search";

export const backtestRoute = createRoute({
  getParentRoute: () => root,
  path: "/backtest/$id",
  validateSearch: tradeFilter,
  component: lazyPage(() => import("./page").then((page) => page.BacktestPage)),
});

export const tradeRoute = createRoute({
  getParentRoute: () => root,
  path: "/backtest/$id/trade/$number",
  validateSearch: intentSearch,
  component: lazyPage(() => import("./trade").then((page) => page.TradePage)),
});
