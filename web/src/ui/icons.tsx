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
  | "swap"
  | "overview"
  | "intents"
  | "submit"
  | "operations"
  | "execution"
  | "wallets"
  | "portfolio"
  | "risk"
  | "signals"
  | "approvals"
  | "models"
  | "market"
  | "backtests"
  | "settings"
  | "about"
  | "more"
  | "pause"
  | "play"
  | "refresh"
  | "download"
  | "key"
  | "clock"
  | "down";

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
  overview: "M2.5 2.5h4.5v6H2.5zM9 2.5h4.5v3.5H9zM9 8h4.5v5.5H9zM2.5 10.5h4.5v3H2.5z",
  intents: "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.1M2.5 8h.1M2.5 12h.1",
  submit: "M14 2 7 9M14 2 9.5 14 7 9 2 6.5z",
  operations: "M1.5 8h3l2-5 3 10 2-5h3",
  execution: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
  wallets: "M2.5 4.5h10a1 1 0 0 1 1 1v7h-11zM2.5 4.5v-1h8M10.5 8.6v.1",
  portfolio: "M8 2.5V8h5.5A5.5 5.5 0 1 1 8 2.5ZM10.5 2.5A5 5 0 0 1 13.5 5.5h-3z",
  risk: "M8 1.8 13 3.5v4c0 3.2-2 5.6-5 6.7-3-1.1-5-3.5-5-6.7v-4z",
  signals:
    "M8 9.2a1.2 1.2 0 1 0 0-2.4 1.2 1.2 0 0 0 0 2.4ZM5.2 10.8a4 4 0 0 1 0-5.6M10.8 5.2a4 4 0 0 1 0 5.6M3 13a7 7 0 0 1 0-10M13 3a7 7 0 0 1 0 10",
  approvals: "M2.5 3.5h11v9h-11zM5.2 8l2 2 3.6-3.8",
  models: "M2.5 2.5v11h11M5 10.5l2.5-3 2 1.5 3.5-4.5",
  market: "M5 2v2M5 10v4M3.5 4h3v6h-3zM11 2v4M11 11v3M9.5 6h3v5h-3z",
  backtests: "M3 3v4h4M3.4 7a5.2 5.2 0 1 1 .3 3.4M8 5.5V8l2 1.5",
  settings:
    "M2.5 4.5h6M12 4.5h1.5M2.5 11.5H4M7.5 11.5h6M10.3 6.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4ZM5.7 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4Z",
  about: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.3v3.5M8 5v.1",
  more: "M3.5 8h.1M8 8h.1M12.5 8h.1",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2v9.6L12.5 8z",
  refresh: "M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3",
  download: "M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3 13.5h10",
  key: "M5.5 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM7.7 7.8 13.5 2M11 4.5l2 2",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.5V8l2.5 1.5",
  down: "M4 6l4 4 4-4",
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
