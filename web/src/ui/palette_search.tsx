/** What the gateway finds for an id, a hash, an address or a name. */
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { type ReactNode, useEffect, useState } from "react";
import type { SearchHit } from "../generated/rest";
import { useAsk } from "../live/use_ask";
import { shortHash, shortId } from "../model/format";
import { addressOfHit, isWorthSearching, KIND_WORDS } from "../model/search";
import { type Afterwards, GROUP, PaletteItem } from "./palette_item";

const TYPING_MS = 150;
const LONG_ID = 24;

export function FoundItems({
  text,
  afterwards,
  select,
}: {
  readonly text: string;
  readonly afterwards: Afterwards;
  /** Has Enter mean an item of the palette. */
  readonly select: (value: string) => void;
}): ReactNode {
  const navigate = useNavigate();
  const wanted = useSettled(text);
  const { data, error, isFetching } = useAsk(
    "GET /search",
    { query: { q: wanted } },
    { isEnabled: isWorthSearching(wanted), everyMs: 0 },
  );
  const hits = data?.query === text && isWorthSearching(text) ? data.items : [];
  const [first] = hits;
  const best = first && itemOf(first);
  // What is found comes after the palette has chosen among what it had.
  useEffect(() => {
    if (best !== undefined) select(best);
  }, [best, select]);
  if (!isWorthSearching(text)) return null;
  return (
    <Command.Group heading="Found" forceMount className={GROUP}>
      {hits.map((hit) => (
        <PaletteItem
          key={itemOf(hit)}
          value={itemOf(hit)}
          aside={[KIND_WORDS[hit.kind], hit.label].filter(Boolean).join(" · ")}
          isAlways
          onSelect={afterwards(() => void navigate({ href: addressOfHit(hit) }))}
        >
          <span className={hit.id.length >= LONG_ID ? "mono" : ""}>{shortened(hit.id)}</span>
        </PaletteItem>
      ))}
      {hits.length === 0 && (
        <p role="status" className="px-3 py-2 text-sm text-text2">
          {sentence(error !== null, isFetching || wanted !== text, data?.looked_in ?? [])}
        </p>
      )}
    </Command.Group>
  );
}

const itemOf = ({ kind, id }: SearchHit): string => `found ${kind} ${id}`;

function sentence(
  isFailed: boolean,
  isSearching: boolean,
  lookedIn: readonly (keyof typeof KIND_WORDS)[],
): string {
  if (isSearching) return "Searching…";
  if (isFailed) return "The gateway could not search. Try again in a moment.";
  if (lookedIn.length === 0) return "Nothing was found.";
  return `Nothing was found among: ${lookedIn.map((kind) => KIND_WORDS[kind]).join(", ")}.`;
}

function shortened(id: string): string {
  if (id.length < LONG_ID) return id;
  return id.startsWith("0x") ? shortHash(id) : shortId(id);
}

/** The text, once nobody has typed for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
