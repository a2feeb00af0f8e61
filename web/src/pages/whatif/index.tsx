/** What other limits would have done. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";

export const whatIfRoute = createRoute({
  getParentRoute: () => root,
  path: "/whatif",
  component: lazyPage(() => import("./page").then((page) => page.WhatIfPage)),
});
