/** Signals on their way through the pipeline, and what became of the others. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";
import { signalFilter } from "./filter";

export const signalsRoute = createRoute({
  getParentRoute: () => root,
  path: "/signals",
  validateSearch: signalFilter,
  component: lazyPage(() => import("./page").then((page) => page.SignalsPage)),
});
