/** Goes anywhere: to pages, recent intents, and whatever an id or a hash belongs to. */
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { live, stream } from "../live/live";
import { shortId } from "../model/format";
import { isWorthSearching } from "../model/search";
import { lookOf } from "../model/words";
import { NAVIGATION, type NavigationEntry, SECONDARY } from "../pages/navigation";
import { openOverlay } from "./overlay";
import { type Afterwards, GROUP, PaletteItem } from "./palette_item";
import { FoundItems } from "./palette_search";
import { SEARCH_HINT, SEARCH_INPUT } from "./search";
import { choose, useSettings } from "./settings";

const RECENT_INTENTS = 6;

export function Palette({
  text,
  setText,
  onClose,
}: {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly onClose: () => void;
}): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const [selected, select] = useState("");
  useEffect(() => input.current?.focus(), []);
  const afterwards = (act: () => void) => () => {
    onClose();
    act();
  };
  return (
    <Command label="Search" loop vimBindings={false} value={selected} onValueChange={select}>
      <Command.Input
        ref={input}
        value={text}
        onValueChange={setText}
        placeholder={SEARCH_HINT}
        className={SEARCH_INPUT}
      />
      <Command.List className="max-h-[50dvh] overflow-auto p-2">
        {!isWorthSearching(text.trim()) && (
          <Command.Empty className="px-3 py-6 text-center text-text2">
            No page or action is called so.
          </Command.Empty>
        )}
        <FoundItems text={text.trim()} afterwards={afterwards} select={select} />
        <PageItems afterwards={afterwards} />
        <ActionItems afterwards={afterwards} />
        <RecentItems afterwards={afterwards} />
      </Command.List>
    </Command>
  );
}

interface Items {
  readonly afterwards: Afterwards;
}

function PageItems({ afterwards }: Items): ReactNode {
  const navigate = useNavigate();
  const pages: readonly NavigationEntry[] = [...NAVIGATION, ...SECONDARY];
  return (
    <Command.Group heading="Pages" className={GROUP}>
      {pages.map(({ to, name, key }) => (
        <PaletteItem
          key={to}
          value={`page ${name}`}
          aside={key && <kbd className="key">g {key}</kbd>}
          onSelect={afterwards(() => void navigate({ to }))}
        >
          {name}
        </PaletteItem>
      ))}
    </Command.Group>
  );
}

function ActionItems({ afterwards }: Items): ReactNode {
  const { theme, zone } = useSettings();
  const otherTheme = theme === "dark" ? "light" : "dark";
  const otherZone = zone === "UTC" ? "local" : "UTC";
  return (
    <Command.Group heading="Actions" className={GROUP}>
      <PaletteItem
        value="use theme dark light"
        aside={<kbd className="key">t</kbd>}
        onSelect={afterwards(() => choose({ theme: otherTheme }))}
      >
        Use the {otherTheme} theme
      </PaletteItem>
      <PaletteItem
        value="show times time zone utc local"
        onSelect={afterwards(() => choose({ zone: otherZone }))}
      >
        {zone === "UTC" ? "Show times in the zone of this machine" : "Show times in UTC"}
      </PaletteItem>
      <PaletteItem value="reconnect to the gateway" onSelect={afterwards(() => stream.reconnect())}>
        Reconnect to the gateway
      </PaletteItem>
      <PaletteItem
        value="keys shortcuts keyboard"
        aside={<kbd className="key">?</kbd>}
        onSelect={afterwards(() => openOverlay("keys"))}
      >
        Show what the keys do
      </PaletteItem>
    </Command.Group>
  );
}

function RecentItems({ afterwards }: Items): ReactNode {
  const navigate = useNavigate();
  const recent = live.use
    .getState()
    .order.slice(0, RECENT_INTENTS)
    .flatMap((id) => live.documents.get(id) ?? []);
  if (recent.length === 0) return null;
  return (
    <Command.Group heading="Recent intents" className={GROUP}>
      {recent.map((intent) => (
        <PaletteItem
          key={intent.intent_id}
          value={`${intent.intent_id} ${intent.summary.pair} ${intent.summary.strategy_id}`}
          aside={`${intent.summary.pair} · ${lookOf(intent).word}`}
          onSelect={afterwards(
            () => void navigate({ to: "/intent/$id", params: { id: intent.intent_id } }),
          )}
        >
          <span className="mono">{shortId(intent.intent_id)}</span>
        </PaletteItem>
      ))}
    </Command.Group>
  );
}
