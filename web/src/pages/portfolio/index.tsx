/** Portfolios: what they are worth, hold and may still do. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";
import { type ActivityTab, isActivityTab } from "./tabs";

export const portfoliosRoute = createRoute({
  getParentRoute: () => root,
  path: "/portfolio",
  component: lazyPage(() => import("./list").then((page) => page.PortfolioList)),
});

interface Search {
  readonly tab?: ActivityTab | undefined;
}

export const portfolioRoute = createRoute({
  getParentRoute: () => root,
  path: "/portfolio/$id",
  validateSearch: ({ tab }: Record<string, unknown>): Search => ({
    tab: isActivityTab(tab) ? tab : undefined,
  }),
  component: lazyPage(() => import("./page").then((page) => page.PortfolioPage)),
});
