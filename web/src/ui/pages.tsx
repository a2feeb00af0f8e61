/** A list that is read page by page: its rows, and a button for older ones. */
import type { ReactNode } from "react";
import type { PagesRead } from "../live/use_pages";
import { Skeleton } from "./parts";
import { Problem } from "./problem";
import { Table, type TableProps } from "./table";

export function Pages<Row>({
  read,
  empty,
  ...table
}: Omit<TableProps<Row>, "rows"> & {
  readonly read: PagesRead<Row>;
  /** Shown where there is nothing at all. */
  readonly empty: ReactNode;
}): ReactNode {
  const { rows, error, hasOlder, isReadingOlder, readOlder, retry } = read;
  if (rows === undefined) {
    return error === null ? <Skeleton rows={5} /> : <Refused error={error} retry={retry} />;
  }
  if (rows.length === 0 && !hasOlder) return empty;
  return (
    <>
      {error !== null && <Refused error={error} retry={retry} />}
      <Table {...table} rows={rows} />
      {hasOlder && (
        <div className="border-t border-line p-2 text-center">
          <button type="button" className="button" disabled={isReadingOlder} onClick={readOlder}>
            {isReadingOlder ? "Reading…" : "Show older"}
          </button>
        </div>
      )}
    </>
  );
}

const Refused = ({
  error,
  retry,
}: {
  readonly error: unknown;
  readonly retry: () => void;
}): ReactNode => (
  <div className="p-4">
    <Problem error={error} retry={retry} />
  </div>
);
