/** The frame around every page: where one is, how the platform is, and what the keys do. */
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { NAVIGATION, type NavigationEntry, SECONDARY } from "../pages/navigation";
import { Icon } from "./icons";
import { KeyList } from "./key_list";
import { focusFilter, moveRow, useKey, useKeyboard } from "./keys";
import { LiveBadge } from "./live_badge";
import { Navigation } from "./navigation";
import { NewVersion } from "./new_version";
import { closeOverlay, openOverlay, useOverlay } from "./overlay";
import { usePaletteKey } from "./palette_key";
import { ModeBadge, TradingBadge } from "./platform_badges";
import { preloadSearch, Search } from "./search";
import { choose, useSettings } from "./settings";
import { NeedsInTitle } from "./title";

export function Shell(): ReactNode {
  return (
    <div className="grid h-dvh grid-cols-[200px_minmax(0,1fr)] grid-rows-[48px_minmax(0,1fr)] max-md:grid-cols-1 max-md:grid-rows-[48px_minmax(0,1fr)_52px]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-20 focus:bg-surface focus:p-2"
      >
        Skip to content
      </a>
      <Header />
      <Navigation />
      <main id="main" tabIndex={-1} className="min-w-0 overflow-auto p-5 outline-none max-md:p-3">
        <div className="mx-auto flex max-w-[1440px] flex-col gap-4">
          <NewVersion />
          <Outlet />
        </div>
      </main>
      <Overlays />
      <NeedsInTitle />
    </div>
  );
}

function Header(): ReactNode {
  return (
    <header className="col-span-full flex items-center gap-3 border-b border-line bg-surface px-4 max-md:gap-2 max-md:px-3">
      <Link to="/" aria-label="Tradewind" className="flex items-center gap-2 font-semibold">
        <img src="/favicon.svg" alt="" className="size-6" />
        <span className="max-md:hidden">Tradewind</span>
      </Link>
      <ModeBadge />
      <TradingBadge />
      <span className="ml-auto" />
      <LiveBadge />
      <SearchButton />
      <ThemeButton />
    </header>
  );
}

function SearchButton(): ReactNode {
  return (
    <button
      type="button"
      className="button text-text2 max-md:border-transparent max-md:bg-transparent max-md:px-2"
      aria-keyshortcuts="Control+K Meta+K"
      onPointerEnter={preloadSearch}
      onFocus={preloadSearch}
      onClick={() => openOverlay("palette")}
    >
      <Icon name="search" />
      <span className="max-md:sr-only">Search</span>
      <span aria-hidden="true" className="text-xs text-text3 max-md:hidden">
        Ctrl K
      </span>
    </button>
  );
}

function ThemeButton(): ReactNode {
  const theme = useSettings((settings) => settings.theme);
  const other = theme === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      className="button px-2 max-md:hidden"
      aria-label={`Use the ${other} theme`}
      onClick={() => choose({ theme: other })}
    >
      <Icon name={theme === "dark" ? "sun" : "moon"} />
    </button>
  );
}

const PAGES: readonly NavigationEntry[] = [...NAVIGATION, ...SECONDARY];

function Overlays(): ReactNode {
  const open = useOverlay((state) => state.open);
  const theme = useSettings((settings) => settings.theme);
  useKeyboard();
  usePaletteKey();
  useKey("?", "Show this list", () => openOverlay("keys"));
  useKey("/", "Go to the filter", focusFilter);
  useKey("j", "Next row", () => moveRow(1));
  useKey("ArrowDown", "Next row", () => moveRow(1));
  useKey("k", "Previous row", () => moveRow(-1));
  useKey("ArrowUp", "Previous row", () => moveRow(-1));
  useKey("t", "Change the theme", () => choose({ theme: theme === "dark" ? "light" : "dark" }));
  return (
    <>
      {PAGES.map((entry) => (
        <PageKey key={entry.to} entry={entry} />
      ))}
      {open === "palette" && <Search onClose={closeOverlay} />}
      {open === "keys" && <KeyList onClose={closeOverlay} />}
    </>
  );
}

function PageKey({ entry }: { readonly entry: NavigationEntry }): ReactNode {
  const navigate = useNavigate();
  useKey(`g ${entry.key}`, `Go to ${entry.name}`, () => void navigate({ to: entry.to }));
  return null;
}
