/** The frame around every page. */
import { Link, Outlet } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Icon } from "./icons";
import { LiveBadge } from "./live_badge";
import { choose, useSettings } from "./settings";

export interface NavigationEntry {
  readonly to: string;
  readonly name: string;
}

export function Shell({
  pages,
  reconnect,
}: {
  readonly pages: readonly NavigationEntry[];
  readonly reconnect: () => void;
}): ReactNode {
  return (
    <div className="grid h-dvh grid-cols-[200px_1fr] grid-rows-[48px_1fr] max-md:grid-cols-1 max-md:grid-rows-[48px_1fr_52px]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-20 focus:bg-surface focus:p-2"
      >
        Skip to content
      </a>
      <header className="col-span-full flex items-center gap-3 border-b border-line bg-surface px-4">
        <Link to="/" className="flex items-center gap-2 font-semibold">
          <img src="/favicon.svg" alt="" className="size-5" />
          Tradewind
        </Link>
        <span className="ml-auto" />
        <LiveBadge reconnect={reconnect} />
        <ThemeButton />
      </header>
      <nav
        aria-label="Pages"
        className="flex flex-col gap-0.5 overflow-auto border-r border-line bg-surface p-2 max-md:order-last max-md:flex-row max-md:justify-around max-md:border-t max-md:border-r-0 max-md:p-1"
      >
        {pages.map(({ to, name }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: to === "/" }}
            className="flex h-8 items-center rounded px-3 text-sm text-text2 hover:text-text aria-[current=page]:bg-raised aria-[current=page]:font-medium aria-[current=page]:text-text max-md:h-11"
          >
            {name}
          </Link>
        ))}
      </nav>
      <main id="main" className="min-h-0 min-w-0 overflow-auto p-5 max-md:p-3">
        <div className="mx-auto flex max-w-[1440px] flex-col gap-4">
          <Outlet />
        </div>
      </main>
    </div>
  );
}

function ThemeButton(): ReactNode {
  const theme = useSettings((settings) => settings.theme);
  const other = theme === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      className="button h-7 px-2"
      aria-label={`Use the ${other} theme`}
      onClick={() => choose({ theme: other })}
    >
      <Icon name={theme === "dark" ? "sun" : "moon"} />
    </button>
  );
}
