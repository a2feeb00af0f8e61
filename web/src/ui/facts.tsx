/** Facts: a name and a value each, side by side where there is room. */
import type { ReactNode } from "react";

export function Facts({
  children,
  isStacked = false,
}: {
  readonly children: ReactNode;
  /** One fact a line, the name left and the value right, instead of columns. */
  readonly isStacked?: boolean;
}): ReactNode {
  return isStacked ? (
    <dl className="divide-y divide-line px-4 *:flex *:items-baseline *:justify-between *:gap-4 *:py-2 [&_dd]:text-right">
      {children}
    </dl>
  ) : (
    <dl className="grid grid-cols-[repeat(auto-fill,minmax(150px,1fr))] gap-x-4 gap-y-3 p-4">
      {children}
    </dl>
  );
}

export function Fact({
  name,
  hint,
  children,
}: {
  readonly name: string;
  /** Defines the name; shown as its title. */
  readonly hint?: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className="min-w-0">
      <dt title={hint} className="text-xs text-text3">
        {name}
      </dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}
