/** A part of the form, and what its parts are given. */
import type { ReactNode } from "react";
import { Card } from "../../ui/parts";
import type { Draft, Problems } from "./draft";

export interface PartProperties {
  readonly draft: Draft;
  readonly problems: Problems;
  readonly change: (changed: Partial<Draft>) => void;
}

export const Section = ({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}): ReactNode => (
  <Card title={title}>
    <div className="flex flex-col gap-4 p-4">{children}</div>
  </Card>
);

export const Check = ({
  label,
  isChecked,
  onChange,
}: {
  readonly label: string;
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
}): ReactNode => (
  <label className="flex cursor-pointer items-center gap-2 text-sm">
    <input
      type="checkbox"
      className="accent-accent"
      checked={isChecked}
      onChange={(event) => onChange(event.target.checked)}
    />
    {label}
  </label>
);
