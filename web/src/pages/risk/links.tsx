/** Ids that lead to what they name. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { shortId } from "../../model/format";

interface Named {
  readonly id: string;
}

export const IntentLink = ({ id }: Named): ReactNode => (
  <Link
    to="/intent/$id"
    params={{ id }}
    title={id}
    className="mono hover:text-accent hover:underline"
  >
    {shortId(id)}
  </Link>
);

export const PortfolioLink = ({ id }: Named): ReactNode => (
  <Link to="/portfolio/$id" params={{ id }} className="hover:text-accent hover:underline">
    {id}
  </Link>
);
