/** Back-tests: the list of runs, a new one, two side by side, one run and one of its trades. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";
import { matching, runFilter, ULID } from "./search";

type Given = Readonly<Record<string, unknown>>;

export const backtestsRoute = createRoute({
  getParentRoute: () => root,
  path: "/backtests",
  validateSearch: runFilter,
  component: lazyPage(() => import("./page").then((page) => page.BacktestsPage)),
});

export const newBacktestRoute = createRoute({
  getParentRoute: () => root,
  path: "/backtests/new",
  // The run whose manifest the form begins with.
  validateSearch: ({ like }: Given): { like?: string | undefined } => ({
    like: matching(like, ULID),
  }),
  component: lazyPage(() => import("../new_backtest/page").then((page) => page.NewBacktestPage)),
});

export const compareRoute = createRoute({
  getParentRoute: () => root,
  path: "/backtests/compare",
  validateSearch: ({ a, b }: Given): { a?: string | undefined; b?: string | undefined } => ({
    a: matching(a, ULID),
    b: matching(b, ULID),
  }),
  component: lazyPage(() => import("../compare/page").then((page) => page.ComparePage)),
});
