/** Where wallets sign; a slot of a wallet can be shown. */
import { createRoute } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";

interface Search {
  readonly wallet?: string | undefined;
  readonly nonce?: number | undefined;
}

export const executionRoute = createRoute({
  getParentRoute: () => root,
  path: "/execution",
  validateSearch: ({ wallet, nonce }: Readonly<Record<string, unknown>>): Search => ({
    ...(typeof wallet === "string" && { wallet }),
    ...(typeof nonce === "number" && Number.isSafeInteger(nonce) && { nonce }),
  }),
  component: lazyPage(() => import("./page").then((page) => page.ExecutionPage)),
});
