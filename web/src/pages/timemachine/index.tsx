/** Everything as it stood after an event of the ledger, whose number is in the address. */
import { createRoute, notFound } from "@tanstack/react-router";
import { root } from "../../root";
import { lazyPage } from "../../ui/lazy_page";

export const timeRoute = createRoute({
  getParentRoute: () => root,
  path: "/time",
  component: lazyPage(() => import("./page").then((page) => page.NewestPage)),
});

const SEQUENCE = /^\d{1,15}$/;

export const timeAtRoute = createRoute({
  getParentRoute: () => root,
  path: "/time/$sequence",
  params: {
    parse: ({ sequence }): { sequence: number } => {
      if (!SEQUENCE.test(sequence)) throw notFound();
      return { sequence: Number(sequence) };
    },
    stringify: ({ sequence }) => ({ sequence: String(sequence) }),
  },
  component: lazyPage(() => import("./page").then((page) => page.TimePage)),
});
