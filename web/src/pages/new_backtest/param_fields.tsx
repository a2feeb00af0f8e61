/** A field for each parameter of the strategy; in a sweep each takes several values. */
import type { ReactNode } from "react";
import type { StrategyDocument } from "../../model/backtests/contract";
import { fieldsOf, type ParamField } from "../../model/backtests/params";
import { SelectField, TextField } from "../../ui/field";
import { Check, type PartProperties } from "./section";

export function ParamFields({
  draft,
  strategy,
  problems,
  change,
}: PartProperties & { readonly strategy: StrategyDocument | undefined }): ReactNode {
  const fields = strategy === undefined ? [] : fieldsOf(strategy);
  if (fields.length === 0) return <p className="text-sm text-text2">It has no parameters.</p>;
  const set = (name: string, text: string): void =>
    change({ params: { ...draft.params, [name]: text } });
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        {fields.map((field) => (
          <ParamControl
            key={field.name}
            field={field}
            isSweep={draft.isSweep}
            value={draft.params[field.name] ?? ""}
            error={problems[`params.${field.name}`]}
            onChange={(text) => set(field.name, text)}
          />
        ))}
      </div>
      <Check
        label="Sweep: try several values, each with each"
        isChecked={draft.isSweep}
        onChange={(isSweep) => change({ isSweep })}
      />
    </>
  );
}

function ParamControl({
  field,
  isSweep,
  value,
  error,
  onChange,
}: {
  readonly field: ParamField;
  readonly isSweep: boolean;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (text: string) => void;
}): ReactNode {
  const choices = field.kind === "flag" ? ["true", "false"] : field.choices;
  if (choices.length > 0 && !isSweep) {
    return (
      <SelectField
        label={field.name}
        hint={field.hint}
        error={error}
        value={value}
        options={choices.map((one) => ({ value: one, name: one }))}
        onChange={onChange}
      />
    );
  }
  const hint = isSweep ? "Such as 5, 9, 13 or 5..20" : field.hint;
  return (
    <TextField
      label={field.name}
      type={field.kind === "text" || isSweep ? "text" : "decimal"}
      value={value}
      hint={hint}
      error={error}
      onChange={onChange}
    />
  );
}
