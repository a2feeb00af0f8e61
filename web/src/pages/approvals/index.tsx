/** Everything that waits for a person's answer: signals and intents. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";

export const approvalsRoute = createRoute({
  getParentRoute: () => root,
  path: "/approvals",
  component: lazyPage(() => import("./page").then((page) => page.ApprovalsPage)),
});
