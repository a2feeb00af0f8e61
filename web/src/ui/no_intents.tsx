/** Where intents will be listed: what one is, and the way to the first. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Empty } from "./parts";

export const NoIntents = (): ReactNode => (
  <Empty title="No intents yet">
    <p>An intent says what to buy or sell, and within which limits. Each is listed here.</p>
    <Link to="/submit" className="button button-primary mt-3">
      Submit the first
    </Link>
    <p className="pt-3 text-sm text-text3">
      <code className="mono">make demo</code> submits some by itself.
    </p>
  </Empty>
);
