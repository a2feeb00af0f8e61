/** Which build this is, what it talks to, and whose code is in it. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";

export const aboutRoute = createRoute({
  getParentRoute: () => root,
  path: "/about",
  component: lazyPage(() => import("./page").then((page) => page.AboutPage)),
});
