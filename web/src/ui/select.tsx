/** A choice in a bar of filters. */
import type { ReactNode } from "react";

export function Select({
  label,
  any,
  value,
  options,
  choose,
  isFilter = false,
}: {
  readonly label: string;
  /** What it says while nothing is chosen; left out where something always is. */
  readonly any?: string;
  readonly value: string | undefined;
  readonly options: readonly (readonly [value: string, name: string])[];
  readonly choose: (value: string | undefined) => void;
  /** The key `/` leads to it. */
  readonly isFilter?: boolean;
}): ReactNode {
  return (
    <select
      aria-label={label}
      data-filter={isFilter || undefined}
      className="field h-8 w-auto max-w-48 text-sm aria-[current]:border-accent max-md:max-w-40"
      aria-current={any === undefined || value === undefined ? undefined : "true"}
      value={value ?? ""}
      onChange={(event) => choose(event.target.value || undefined)}
    >
      {any !== undefined && <option value="">{any}</option>}
      {options.map(([key, name]) => (
        <option key={key} value={key}>
          {name}
        </option>
      ))}
    </select>
  );
}
