/** A line of the palette, and a group of them. */
import { Command } from "cmdk";
import type { ReactNode } from "react";

/** Closes the palette before something is done. */
export type Afterwards = (act: () => void) => () => void;
const ITEM =
  "flex min-h-9 cursor-pointer items-center gap-3 rounded px-3 py-1 text-sm data-[selected=true]:bg-raised";
export const GROUP =
  "[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-text3";

export function PaletteItem({
  value,
  aside,
  isAlways = false,
  onSelect,
  children,
}: {
  /** What is searched for; unique. */
  readonly value: string;
  readonly aside?: ReactNode;
  /** Shown whatever is searched for. */
  readonly isAlways?: boolean;
  readonly onSelect: () => void;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Command.Item value={value} forceMount={isAlways} onSelect={onSelect} className={ITEM}>
      <span className="max-w-2/3 shrink-0 grow truncate">{children}</span>
      {aside !== undefined && <span className="min-w-0 truncate text-xs text-text3">{aside}</span>}
    </Command.Item>
  );
}
