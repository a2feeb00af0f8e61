/** One signal, explained: the market it met, what models said, what was concluded and followed. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";
import { signalSearch } from "./search";

export const signalRoute = createRoute({
  getParentRoute: () => root,
  path: "/signal/$id",
  validateSearch: signalSearch,
  component: lazyPage(() => import("./page").then((page) => page.SignalPage)),
});
