/** The models: what they answer, take and cost, and how far they can be believed. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";

interface Search {
  /** After how many seconds decisions are scored. */
  readonly horizon?: number | undefined;
}

export const modelsRoute = createRoute({
  getParentRoute: () => root,
  path: "/models",
  validateSearch: ({ horizon }: Readonly<Record<string, unknown>>): Search =>
    typeof horizon === "number" && horizon > 0 ? { horizon } : {},
  component: lazyPage(() => import("./page").then((page) => page.ModelsPage)),
});
