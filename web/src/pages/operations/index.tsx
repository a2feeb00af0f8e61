/** What needs an operator, a tab for each kind. */
import { createRoute, notFound, redirect } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";
import { isTab, searchOf, type TabKey } from "./search";

export const opsRoute = createRoute({
  getParentRoute: () => root,
  path: "/ops",
  beforeLoad: () => {
    throw redirect({ to: "/ops/$tab", params: { tab: "roles" }, replace: true });
  },
});

export const operationsRoute = createRoute({
  getParentRoute: () => root,
  path: "/ops/$tab",
  params: {
    parse: ({ tab }): { tab: TabKey } => {
      if (!isTab(tab)) throw notFound();
      return { tab };
    },
  },
  validateSearch: searchOf,
  component: lazyPage(() => import("./page").then((page) => page.OperationsPage)),
});
