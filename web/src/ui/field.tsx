/** A label, what is entered, what it means and what is wrong with it. */
import { type ReactNode, useId } from "react";

interface FieldWords {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
}

/** What the control of a field has to be given. */
export interface Described {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": boolean;
}

/** A field with a control of one's own. */
export function Field({
  label,
  hint,
  error,
  children,
}: FieldWords & { readonly children: (described: Described) => ReactNode }): ReactNode {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="text-xs font-medium text-text2">
        {label}
      </label>
      {children({
        id,
        "aria-describedby": note === undefined ? undefined : `${id}-note`,
        "aria-invalid": error !== undefined,
      })}
      {note !== undefined && (
        <p
          id={`${id}-note`}
          className={`text-xs ${error === undefined ? "text-text3" : "text-bad"}`}
        >
          {note}
        </p>
      )}
    </div>
  );
}

export function TextField({
  value,
  onChange,
  unit,
  type = "text",
  placeholder,
  maxLength,
  isRequired = false,
  ...words
}: FieldWords & {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Stands behind what is entered. */
  readonly unit?: string;
  /** `decimal` is a text with a keyboard of digits: a number field would lose digits. */
  readonly type?: "text" | "decimal" | "password" | "search";
  readonly placeholder?: string;
  readonly maxLength?: number;
  readonly isRequired?: boolean;
}): ReactNode {
  return (
    <Field {...words}>
      {(described) => (
        <span className="relative block">
          <input
            {...described}
            type={type === "decimal" ? "text" : type}
            inputMode={type === "decimal" ? "decimal" : undefined}
            className={`field ${type === "decimal" ? "figures" : ""} ${unit === undefined ? "" : "pr-16"}`}
            autoComplete="off"
            spellCheck={false}
            value={value}
            placeholder={placeholder}
            maxLength={maxLength}
            required={isRequired}
            onChange={(event) => onChange(event.target.value)}
          />
          {unit !== undefined && (
            <span className="pointer-events-none absolute inset-y-0 right-3 flex items-center text-sm text-text3">
              {unit}
            </span>
          )}
        </span>
      )}
    </Field>
  );
}

export interface Option<Value extends string> {
  readonly value: Value;
  readonly name: string;
}

export function SelectField<Value extends string>({
  value,
  onChange,
  options,
  ...words
}: FieldWords & {
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly options: readonly Option<Value>[];
}): ReactNode {
  const choose = (name: string): void => {
    const option = options.find((one) => one.value === name);
    if (option !== undefined) onChange(option.value);
  };
  return (
    <Field {...words}>
      {(described) => (
        <select
          {...described}
          className="field"
          value={value}
          onChange={(event) => choose(event.target.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
