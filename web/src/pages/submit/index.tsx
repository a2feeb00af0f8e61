/** Where an intent is submitted; a link can bring one. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";
import { searched } from "./address";

export const submitRoute = createRoute({
  getParentRoute: () => root,
  path: "/submit",
  validateSearch: searched,
  component: lazyPage(() => import("./page").then((page) => page.SubmitPage)),
});
