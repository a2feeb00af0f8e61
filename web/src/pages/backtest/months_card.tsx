/** Returns of months: a row for each year, coloured by how much. */
import type { ReactNode } from "react";
import type { Month } from "../../model/backtests/contract";
import { strengthOf, type YearRow, yearsOf } from "../../model/backtests/months";
import { count, percent } from "../../model/format";
import { Card } from "../../ui/parts";

const NAMES = [..."JFMAMJJASOND"] as const;
const FULL_NAMES = Array.from({ length: 12 }, (_, place) =>
  new Intl.DateTimeFormat("en-GB", { month: "short", timeZone: "UTC" }).format(
    Date.UTC(2000, place),
  ),
);

export function MonthsCard({ months }: { readonly months: readonly Month[] }): ReactNode {
  if (months.length === 0) return null;
  return (
    <Card
      title="Monthly returns"
      aside={<span className="text-xs text-text3">months of UTC, fees and gas paid</span>}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <div className="overflow-x-auto p-4 max-md:p-2" tabIndex={0}>
        <table aria-label="Monthly returns" className="w-full text-right text-sm max-md:text-xs">
          <thead>
            <tr className="text-xs text-text3">
              <th scope="col" className="pr-3 text-left font-medium">
                Year
              </th>
              {FULL_NAMES.map((name, place) => (
                <th key={name} scope="col" className="px-1 font-medium">
                  <abbr title={name} className="no-underline md:hidden">
                    {NAMES[place]}
                  </abbr>
                  <span className="max-md:hidden">{name}</span>
                </th>
              ))}
              <th scope="col" className="pl-3 font-medium">
                Year
              </th>
            </tr>
          </thead>
          <tbody>
            {yearsOf(months).map((row) => (
              <Year key={row.year} row={row} />
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

const Year = ({ row }: { readonly row: YearRow }): ReactNode => (
  <tr>
    <th scope="row" className="figures pr-3 text-left font-medium">
      {row.year}
    </th>
    {row.months.map((month, place) => (
      <Cell key={FULL_NAMES[place]} month={month} />
    ))}
    <td className="figures pl-3 font-medium">
      {row.total === null ? <span className="text-text3">–</span> : percent(row.total, 1)}
    </td>
  </tr>
);

const FULL_TINT = 45;

function Cell({ month }: { readonly month: Month | null }): ReactNode {
  if (month === null) return <td className="px-1 py-1" />;
  const { total_return, trades } = month;
  const strength = strengthOf(total_return);
  const tone = strength < 0 ? "var(--bad)" : "var(--ok)";
  return (
    <td
      title={`${month.month}: ${total_return ?? "not defined"}, ${count(trades)} trades`}
      className="figures rounded px-1 py-1"
      style={{
        background: `color-mix(in srgb, ${tone} ${Math.abs(strength) * FULL_TINT}%, transparent)`,
      }}
    >
      {total_return === null ? <span className="text-text3">–</span> : percent(total_return, 1)}
    </td>
  );
}
