/** A read of the gateway: rows that wait, the answer, or what went wrong. */
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { ago } from "../model/format";
import { useNow } from "./now";
import { Skeleton } from "./parts";
import { Problem } from "./problem";

/** Less is not worth a flicker. */
const SKELETON_AFTER_MS = 150;

export function Answer<Data>({
  query,
  rows = 4,
  children,
}: {
  readonly query: UseQueryResult<Data>;
  /** How many rows the answer will have, about. */
  readonly rows?: number;
  readonly children: (data: Data) => ReactNode;
}): ReactNode {
  const retry = (): void => void query.refetch();
  if (query.data === undefined) {
    if (query.error === null) return <Waiting rows={rows} />;
    return (
      <div className="p-4">
        <Problem error={query.error} retry={retry} />
      </div>
    );
  }
  return (
    <>
      {query.error !== null && <Stale at={query.dataUpdatedAt} retry={retry} />}
      {children(query.data)}
    </>
  );
}

function Waiting({ rows }: { readonly rows: number }): ReactNode {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return isLate ? <Skeleton rows={rows} /> : null;
}

function Stale({ at, retry }: { readonly at: number; readonly retry: () => void }): ReactNode {
  const now = useNow();
  return (
    <p role="status" className="flex items-center gap-2 px-4 py-2 text-sm text-warn">
      This is as of {ago(new Date(at).toISOString(), now)}: the gateway did not answer again.
      <button type="button" className="cursor-pointer underline" onClick={retry}>
        Try again
      </button>
    </p>
  );
}
