/** What risk allows, a tab for each part. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";

const TABS = ["states", "approvals", "limits", "budget", "refused", "policies"] as const;
type RiskTab = (typeof TABS)[number];

interface Search {
  readonly tab?: RiskTab | undefined;
  /** The portfolio whose use of the limits is shown. */
  readonly portfolio?: string | undefined;
  /** The rule whose refusals are shown. */
  readonly reason?: string | undefined;
}

export const riskRoute = createRoute({
  getParentRoute: () => root,
  path: "/risk",
  validateSearch: ({ tab, portfolio, reason }: Record<string, unknown>): Search => ({
    tab: TABS.find((one) => one === tab),
    portfolio: textOf(portfolio),
    reason: textOf(reason),
  }),
  component: lazyPage(() => import("./page").then((page) => page.RiskPage)),
});

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
