/** A table of which only the rows in view exist; space stands for the others. */
import type { ReactNode } from "react";

const COLUMNS: readonly (readonly [name: string, width: string])[] = [
  ["State", "w-44"],
  ["Intent", "w-32"],
  ["Pair", "w-32"],
  ["Amount", "w-36 text-right"],
  ["Value", "w-28 text-right"],
  ["Strategy", ""],
  ["Reason", "w-48"],
  ["Last event", "w-28 text-right"],
];

export function WideTable({
  rowCount,
  above,
  below,
  children,
}: {
  readonly rowCount: number;
  readonly above: number;
  readonly below: number;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <table
      aria-label="Intents"
      aria-rowcount={rowCount + 1}
      className="w-full min-w-[1040px] table-fixed border-separate border-spacing-0 text-sm"
    >
      <thead>
        <tr aria-rowindex={1}>
          {COLUMNS.map(([name, width]) => (
            <th
              key={name}
              scope="col"
              className={`sticky top-0 z-10 h-8 border-b border-line bg-surface px-2 text-left text-xs font-medium text-text3 first:pl-4 last:pr-4 ${width}`}
            >
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <Space height={above} />
        {children}
        <Space height={below} />
      </tbody>
    </table>
  );
}

const Space = ({ height }: { readonly height: number }): ReactNode =>
  height > 0 && (
    <tr>
      <td colSpan={COLUMNS.length} className="p-0" style={{ height }} />
    </tr>
  );
