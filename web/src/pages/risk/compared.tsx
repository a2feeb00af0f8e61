/** What a policy would change, and what it would let through that is refused now. */
import type { ReactNode } from "react";
import type { LimitChange, RiskLimitsComparison } from "../../generated/rest";
import { limitText, wordsOfLimit } from "../../model/limits";
import { Notice } from "../../ui/problem";
import { type Column, Table } from "../../ui/table";

export function Compared({ compared }: { readonly compared: RiskLimitsComparison }): ReactNode {
  const { is_in_force, changes, loosened, capped } = compared;
  if (is_in_force) return <p role="status">This policy is in force already.</p>;
  return (
    <div role="status" className="flex flex-col gap-3">
      <div className="card">
        <Table label="Changes" columns={COLUMNS} rows={changes} keyOf={keyOfChange} />
      </div>
      {loosened.length > 0 && (
        <Notice tone="warn" title="It lets more through than now">
          <ul className="list-disc pl-5">
            {loosened.map((one) => (
              <li key={keyOfChange(one)}>
                {wordsOfLimit(one.name).name}, {one.scope}: {said(one.name, one.before)} →{" "}
                {said(one.name, one.after)}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {capped.length > 0 && (
        <Notice tone="idle" title="The hard limit holds instead of these">
          <ul className="list-disc pl-5">
            {capped.map(({ scope, name, value, hard }) => (
              <li key={`${scope} ${name}`}>
                {wordsOfLimit(name).name}, {scope}: {limitText(name, hard)}, not{" "}
                {limitText(name, value)}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </div>
  );
}

const keyOfChange = ({ scope, name }: LimitChange): string => `${scope} ${name}`;

const said = (name: string, value: string | null): string =>
  value === null ? "no limit" : limitText(name, value);

const COLUMNS: readonly Column<LimitChange>[] = [
  { name: "Limit", phone: "top", cell: ({ name }) => wordsOfLimit(name).name },
  { name: "Scope", phone: "below", cell: ({ scope }) => scope },
  {
    name: "Before",
    isFigure: true,
    phone: "topEnd",
    cell: ({ name, before }) => said(name, before),
  },
  {
    name: "After",
    isFigure: true,
    phone: "belowEnd",
    cell: ({ name, after }) => said(name, after),
  },
];
