/** The models: what they answer, take and cost, and how far they can be believed. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";
import { type Period, periodOf } from "./period";

interface Search {
  /** After how many seconds decisions are scored. */
  readonly horizon?: number | undefined;
  readonly period?: Period | undefined;
}

export const modelsRoute = createRoute({
  getParentRoute: () => root,
  path: "/models",
  validateSearch: ({ horizon, period }: Readonly<Record<string, unknown>>): Search => ({
    horizon: typeof horizon === "number" && horizon > 0 ? horizon : undefined,
    period: periodOf(period),
  }),
  component: lazyPage(() => import("./page").then((page) => page.ModelsPage)),
});
