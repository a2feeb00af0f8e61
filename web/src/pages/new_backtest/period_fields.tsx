/** From when to when it runs, in days of UTC. */
import type { ReactNode } from "react";
import type { DatasetDocument } from "../../model/backtests/contract";
import { count } from "../../model/format";
import { Field } from "../../ui/field";
import type { PartProperties } from "./section";

export function PeriodFields({
  draft,
  dataset,
  problems,
  change,
}: PartProperties & { readonly dataset: DatasetDocument | undefined }): ReactNode {
  const [least, most] = [dataset?.from.slice(0, 10), dataset?.to.slice(0, 10)];
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Day
          label="From (UTC)"
          value={draft.from || (least ?? "")}
          least={least}
          most={most}
          error={problems.from}
          onChange={(from) => change({ from })}
        />
        <Day
          label="Until (UTC)"
          value={draft.to || (most ?? "")}
          least={least}
          most={most}
          error={problems.to}
          onChange={(to) => change({ to })}
        />
      </div>
      {(dataset?.gaps_total ?? 0) > 0 && (
        <p className="text-sm text-warn">
          {count(dataset?.gaps_total ?? 0)} gaps: at those times nothing is decided or filled.
        </p>
      )}
    </>
  );
}

function Day({
  label,
  value,
  least,
  most,
  error,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly least: string | undefined;
  readonly most: string | undefined;
  readonly error: string | undefined;
  readonly onChange: (day: string) => void;
}): ReactNode {
  return (
    <Field label={label} error={error}>
      {(described) => (
        <input
          {...described}
          type="date"
          className="field figures"
          value={value}
          min={least}
          max={most}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
