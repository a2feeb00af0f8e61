/** Icons as SVG: symbols of a font show as boxes where the font lacks them. */
import type { ReactNode } from "react";

export type IconName =
  | "copy"
  | "done"
  | "search"
  | "sun"
  | "moon"
  | "close"
  | "arrow"
  | "warning"
  | "external"
  | "swap";

const PATHS: Readonly<Record<IconName, string>> = {
  copy: "M5.5 5.5h7v7h-7zM3.5 10.5v-7h7",
  done: "M3 8.5 6.5 12 13 4.5",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.6 10.6 14 14",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  moon: "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  arrow: "M3 8h10M9 4l4 4-4 4",
  warning: "M8 2 14.5 13.5h-13zM8 6.5v3M8 11.6v.1",
  external: "M6 3.5H3.5v9h9V10M9 3.5h3.5V7M12.5 3.5 7.5 8.5",
  swap: "M2.5 5.5h10l-3-3M13.5 10.5h-10l3 3",
};

export function Icon({ name }: { readonly name: IconName }): ReactNode {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 16 16"
      className="size-4 shrink-0"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
