/** The root of all routes: the frame around every page. */
import { createRootRoute, Link, Outlet, useLocation } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Empty } from "./ui/parts";
import { Shell } from "./ui/shell";

export const SIGN_IN = "/signin";

export const root = createRootRoute({
  component: Frame,
  notFoundComponent: () => (
    <Empty isPage title="There is no page at this address">
      <Link to="/" className="text-accent underline">
        Go to the overview
      </Link>
    </Empty>
  ),
});

/** Who is not signed in sees no frame: everything in it is read from the gateway. */
function Frame(): ReactNode {
  const isSignIn = useLocation({ select: ({ pathname }) => pathname === SIGN_IN });
  return isSignIn ? <Outlet /> : <Shell />;
}
