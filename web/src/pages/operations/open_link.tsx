/** Opens a row in the drawer: a link, so that it can be opened beside and sent to somebody. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

export function OpenLink({
  id,
  children,
}: {
  readonly id: string | number;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Link
      from="/ops/$tab"
      to="/ops/$tab"
      search={(before) => ({ ...before, open: id })}
      className="mono text-accent hover:underline"
    >
      {children}
    </Link>
  );
}
