/** Where wallets are compared with the chain. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";
import { searchOf } from "./search";

export const walletsRoute = createRoute({
  getParentRoute: () => root,
  path: "/wallets",
  validateSearch: searchOf,
  component: lazyPage(() => import("./page").then((page) => page.WalletsPage)),
});
