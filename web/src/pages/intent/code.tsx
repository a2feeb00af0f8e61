/** JSON as it is, in a box that scrolls by itself. */
import type { ReactNode } from "react";

export function Code({
  label,
  isTall = false,
  children,
}: {
  readonly label: string;
  readonly isTall?: boolean;
  readonly children: string;
}): ReactNode {
  return (
    // A region that scrolls has to be reachable by the keyboard.
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
      tabIndex={0}
      className={`overflow-auto rounded border border-line bg-ground p-3 ${isTall ? "max-h-[70dvh]" : "max-h-96"}`}
    >
      <pre className="mono">{children}</pre>
    </section>
  );
}
