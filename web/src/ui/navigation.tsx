/** Ways to the pages: a column beside them, or on a phone a bar below. */
import { Link } from "@tanstack/react-router";
import { type ReactNode, useId } from "react";
import { NAVIGATION, type NavigationEntry, SECONDARY } from "../pages/navigation";
import { Icon, type IconName } from "./icons";
import { usePhone } from "./phone";

const ICONS: Readonly<Record<string, IconName>> = {
  "/": "overview",
  "/intents": "intents",
  "/submit": "submit",
  "/ops": "operations",
  "/execution": "execution",
  "/wallets": "wallets",
  "/portfolio": "portfolio",
  "/risk": "risk",
  "/signals": "signals",
  "/approvals": "approvals",
  "/models": "models",
  "/market": "market",
  "/backtests": "backtests",
  "/time": "clock",
  "/whatif": "swap",
  "/settings": "settings",
  "/about": "about",
};

/** What fits into the bar of a phone beside "More". */
const BAR_PAGES = 4;

export function Navigation(): ReactNode {
  return usePhone() ? <Bar /> : <Column />;
}

function Column(): ReactNode {
  return (
    <nav
      aria-label="Pages"
      className="flex flex-col gap-0.5 overflow-y-auto border-r border-line bg-surface p-2"
    >
      {NAVIGATION.map((entry) => (
        <ColumnLink key={entry.to} entry={entry} />
      ))}
      <span className="mt-auto pt-4" />
      {SECONDARY.map((entry) => (
        <ColumnLink key={entry.to} entry={entry} />
      ))}
    </nav>
  );
}

function ColumnLink({ entry }: { readonly entry: NavigationEntry }): ReactNode {
  return (
    <Link
      to={entry.to}
      activeOptions={{ exact: entry.to === "/", includeSearch: false }}
      title={`${entry.name} (g ${entry.key})`}
      className="flex h-8 shrink-0 items-center gap-2.5 rounded-md px-2.5 text-sm text-text2 hover:text-text aria-[current=page]:bg-raised aria-[current=page]:font-medium aria-[current=page]:text-text"
    >
      <Icon name={ICONS[entry.to] ?? "arrow"} />
      {entry.name}
    </Link>
  );
}

function Bar(): ReactNode {
  const more = useId();
  const hidden: readonly NavigationEntry[] = [...NAVIGATION.slice(BAR_PAGES), ...SECONDARY];
  const close = (): void => document.getElementById(more)?.hidePopover();
  return (
    <nav
      aria-label="Pages"
      className="order-last grid auto-cols-fr grid-flow-col border-t border-line bg-surface"
    >
      {NAVIGATION.slice(0, BAR_PAGES).map((entry) => (
        <BarLink key={entry.to} entry={entry} />
      ))}
      <button type="button" popoverTarget={more} className={BAR_ITEM}>
        <Icon name="more" />
        More
      </button>
      <div
        id={more}
        popover="auto"
        className="card inset-auto right-3 bottom-16 left-3 w-auto p-2 text-text"
      >
        <ul className="grid grid-cols-2 gap-1">
          {hidden.map((entry) => (
            <li key={entry.to}>
              <Link
                to={entry.to}
                onClick={close}
                className="flex h-11 items-center gap-3 rounded-md px-3 aria-[current=page]:bg-raised aria-[current=page]:font-medium"
              >
                <Icon name={ICONS[entry.to] ?? "arrow"} />
                {entry.name}
              </Link>
            </li>
          ))}
        </ul>
      </div>
    </nav>
  );
}

const BAR_ITEM =
  "flex cursor-pointer flex-col items-center justify-center gap-0.5 text-xs text-text2 aria-[current=page]:text-accent";

function BarLink({ entry }: { readonly entry: NavigationEntry }): ReactNode {
  return (
    <Link
      to={entry.to}
      activeOptions={{ exact: entry.to === "/", includeSearch: false }}
      className={BAR_ITEM}
    >
      <Icon name={ICONS[entry.to] ?? "arrow"} />
      {entry.name}
    </Link>
  );
}
