/** What a person chooses on this machine, and who is signed in. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";

export const settingsRoute = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: lazyPage(() => import("./page").then((page) => page.SettingsPage)),
});
