/** Plain tables of up to some hundred rows; on a phone each row is two lines of a list. */
import type { MouseEvent, ReactNode } from "react";
import { usePhone } from "./phone";

/** Where a cell stands in the two lines of a phone's row; `more` are lines of their own, named. */
export type PhonePlace = "top" | "topEnd" | "below" | "belowEnd" | "more" | "hidden";

export interface Column<Row> {
  readonly name: string;
  /** Figures stand to the right. */
  readonly isFigure?: boolean;
  /** Defines the name. */
  readonly hint?: string;
  /** Without any, the first four columns take the four places. */
  readonly phone?: PhonePlace;
  /** Shown for those who cannot see only, as of a column of buttons. */
  readonly isNameHidden?: boolean;
  readonly cell: (row: Row) => ReactNode;
}

export interface TableProps<Row> {
  /** What the table is of, for those who do not see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** A row that was clicked; what it does must be in a link or button of the row, too. */
  readonly onOpen?: (row: Row) => void;
  readonly isSelected?: (row: Row) => boolean;
}

export function Table<Row>(props: TableProps<Row>): ReactNode {
  return usePhone() ? <PhoneRows {...props} /> : <WideRows {...props} />;
}

function WideRows<Row>({
  label,
  columns,
  rows,
  keyOf,
  onOpen,
  isSelected,
}: TableProps<Row>): ReactNode {
  return (
    // A region that scrolls has to be reachable by the keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <div className="max-h-[75dvh] overflow-auto" tabIndex={0}>
      <table aria-label={label} className="w-full border-separate border-spacing-0 text-sm">
        <thead>
          <tr>
            {columns.map((column) => (
              <Heading key={column.name} column={column} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={keyOf(row)}
              data-row
              aria-current={isSelected?.(row) ? true : undefined}
              onClick={onOpen && ((event) => isOwn(event) && onOpen(row))}
              className={`group hover:bg-raised aria-[current=true]:bg-raised ${onOpen ? "cursor-pointer" : ""}`}
            >
              {columns.map(({ name, isFigure, cell }) => (
                <td
                  key={name}
                  className={`h-9 border-b border-line px-2 py-1 group-last:border-b-0 first:pl-4 last:pr-4 ${isFigure ? "figures text-right" : ""}`}
                >
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Heading<Row>({ column }: { readonly column: Column<Row> }): ReactNode {
  const { name, hint, isFigure, isNameHidden } = column;
  return (
    <th
      scope="col"
      title={hint}
      className={`sticky top-0 z-10 h-8 border-b border-line bg-surface px-2 text-xs font-medium whitespace-nowrap text-text3 first:pl-4 last:pr-4 ${isFigure ? "text-right" : "text-left"}`}
    >
      {isNameHidden ? <span className="sr-only">{name}</span> : name}
    </th>
  );
}

/** What a link or button of the row does is its own. */
const isOwn = ({ target }: MouseEvent): boolean =>
  !(target instanceof Element && target.closest("a, button, input, select"));

const PLACES = ["top", "topEnd", "below", "belowEnd"] as const;

function PhoneRows<Row>({ label, columns, rows, keyOf, onOpen }: TableProps<Row>): ReactNode {
  const isPlaced = columns.some(({ phone }) => phone !== undefined);
  const placed = columns.map((column, index) => ({
    column,
    place: column.phone ?? (isPlaced ? "hidden" : (PLACES[index] ?? "hidden")),
  }));
  const at = (place: PhonePlace, row: Row): ReactNode =>
    placed.find((one) => one.place === place)?.column.cell(row);
  const more = placed.filter(({ place }) => place === "more");
  return (
    <ul aria-label={label} className="divide-y divide-line text-sm">
      {rows.map((row) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: a link or button in the row does the same
        <li
          key={keyOf(row)}
          data-row
          onClick={onOpen && ((event) => isOwn(event) && onOpen(row))}
          className="flex min-h-14 flex-col justify-center gap-1 px-4 py-2"
        >
          <Line start={at("top", row)} end={at("topEnd", row)} />
          <Line start={at("below", row)} end={at("belowEnd", row)} />
          {more.map(({ column }) => (
            <Line
              key={column.name}
              start={
                !column.isNameHidden && <span className="text-xs text-text3">{column.name}</span>
              }
              end={column.cell(row)}
            />
          ))}
        </li>
      ))}
    </ul>
  );
}

function Line({ start, end }: { readonly start: ReactNode; readonly end: ReactNode }): ReactNode {
  if (start === undefined && end === undefined) return null;
  return (
    <div className="flex min-w-0 items-center justify-between gap-3">
      <span className="min-w-0 truncate">{start}</span>
      <span className="figures shrink-0 text-right">{end}</span>
    </div>
  );
}
