/** Rows of which only those in view exist, however many intents there are. */
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { live, useLive } from "../../live/live";
import { ask } from "../../live/rest";
import { count } from "../../model/format";
import { NoIntents } from "../../ui/no_intents";
import { Empty, Skeleton } from "../../ui/parts";
import { usePhone } from "../../ui/phone";
import { Problem } from "../../ui/problem";
import { beginningOf, fits, type IntentFilter, isFiltered, queryOf } from "./filter";
import { type Listed, Listing, PAGE_ITEMS, rowsOf } from "./listing";
import { type Place, placeFor } from "./place";
import { PhoneRow, WideRow } from "./rows";
import { WideTable } from "./wide_table";

const ROW_PX = 36;
const PHONE_ROW_PX = 56;
const OVERSCAN_ROWS = 8;
/** The next page is read before its place is reached. */
const READ_AHEAD_ROWS = 30;

export function IntentList({
  filter,
  clear,
}: {
  readonly filter: IntentFilter;
  readonly clear: () => void;
}): ReactNode {
  const [place] = useState(() => placeFor(filter, () => placeOf(filter)));
  const { listing } = place;
  const listed = useSyncExternalStore(listing.subscribe, listing.listed);
  const [ceiling, setCeiling] = useState<string | null>(null);
  const { rows, held } = useRows(place, listed, ceiling);
  useEffect(() => {
    if (listed.floor === null && listed.error === null) void listing.more();
  }, [listing, listed]);
  if (listed.floor === null && listed.error === null) return <Skeleton rows={12} />;
  return (
    <>
      {listed.error !== null && <Problem error={listed.error} retry={() => void listing.more()} />}
      {rows.length === 0 && listed.isWhole && <Nothing filter={filter} clear={clear} />}
      {rows.length > 0 && (
        <section className="card relative min-w-0 overflow-hidden" aria-label="Intents">
          {held > 0 && <NewPill held={held} show={() => setCeiling(null)} />}
          <Rows
            key={ceiling === null ? "top" : "held"}
            {...{ rows, listed, place, ceiling, setCeiling }}
          />
        </section>
      )}
      <p className="text-right text-xs text-text3">{sumOf(rows.length + held, listed)}</p>
    </>
  );
}

function Rows({
  rows,
  listed,
  place,
  ceiling,
  setCeiling,
}: {
  readonly rows: readonly string[];
  readonly listed: Listed;
  readonly place: Place;
  readonly ceiling: string | null;
  readonly setCeiling: (id: string | null) => void;
}): ReactNode {
  const isPhone = usePhone();
  const scroller = useRef<HTMLDivElement>(null);
  const heightPx = isPhone ? PHONE_ROW_PX : ROW_PX;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => heightPx,
    overscan: OVERSCAN_ROWS,
    getItemKey: (index) => rows[index] ?? index,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useReadAhead(place.listing, listed, rows.length - last);
  const shown = items.flatMap(({ index }) => rows[index] ?? []);
  useShown(shown);
  useReturn(scroller, place);
  const onScroll = (top: number): void => {
    place.scrollTop = top;
    if (top > heightPx && ceiling === null) setCeiling(rows[0] ?? null);
    if (top === 0 && ceiling !== null) setCeiling(null);
  };
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const open = (id: string): void => {
    place.opened = id;
  };
  return (
    <div
      ref={scroller}
      className="h-[calc(100dvh-220px)] min-h-72 overflow-auto max-md:h-[calc(100dvh-300px)]"
      onScroll={(event) => onScroll(event.currentTarget.scrollTop)}
    >
      {isPhone ? (
        <ul aria-label="Intents" style={{ paddingTop: above, paddingBottom: below }}>
          {shown.map((id) => (
            <PhoneRow key={id} id={id} open={open} />
          ))}
        </ul>
      ) : (
        <WideTable rowCount={rows.length} above={above} below={below}>
          {items.map(({ index }) => {
            const id = rows[index];
            return id === undefined ? null : (
              <WideRow key={id} id={id} place={index + 2} open={open} />
            );
          })}
        </WideTable>
      )}
    </div>
  );
}

function NewPill({ held, show }: { readonly held: number; readonly show: () => void }): ReactNode {
  return (
    <button
      type="button"
      onClick={show}
      className="button button-primary absolute top-10 left-1/2 z-20 -translate-x-1/2 rounded-full"
    >
      {count(held)} new
    </button>
  );
}

function Nothing({
  filter,
  clear,
}: {
  readonly filter: IntentFilter;
  readonly clear: () => void;
}): ReactNode {
  if (!isFiltered(filter)) {
    return <NoIntents />;
  }
  return (
    <Empty title="Nothing matches">
      <button type="button" className="button" onClick={clear}>
        Clear the filter
      </button>
    </Empty>
  );
}

function placeOf(filter: IntentFilter): Place {
  const sinceMs = filter.time === undefined ? null : beginningOf(filter.time, Date.now());
  const query = { ...queryOf(filter, sinceMs), limit: PAGE_ITEMS };
  const listing = new Listing(
    (cursor) => ask("GET /intents", { query: { ...query, cursor } }),
    (found) => live.merge(found),
  );
  return { filter, listing, sinceMs, scrollTop: 0, opened: null };
}

/** A filter may let an intent go whenever its document changes; without one only the order counts. */
function useRows(place: Place, listed: Listed, ceiling: string | null) {
  const { filter, sinceMs } = place;
  const isNarrow = isFiltered(filter);
  const order = useLive((state) => state.order);
  const revision = useLive((state) => (isNarrow ? state.revision : 0));
  // biome-ignore lint/correctness/useExhaustiveDependencies: documents change in their place
  return useMemo(
    () =>
      rowsOf(order, listed, ceiling, (id) => {
        const document = live.documents.get(id);
        return !isNarrow || (document !== undefined && fits(document, filter, sinceMs));
      }),
    [order, revision, listed, ceiling, isNarrow, filter, sinceMs],
  );
}

function useReadAhead(listing: Listing, listed: Listed, left: number): void {
  useEffect(() => {
    if (left <= READ_AHEAD_ROWS && listed.error === null) void listing.more();
  }, [listing, listed, left]);
}

/** What is in view is not forgotten, however many intents there are. */
function useShown(shown: readonly string[]): void {
  const key = shown.join();
  useEffect(() => live.show(new Set(key.split(","))), [key]);
}

/** Who comes back from an intent finds its row as it was, and stands on it. */
function useReturn(scroller: { readonly current: HTMLElement | null }, place: Place): void {
  useLayoutEffect(() => {
    const { opened } = place;
    if (opened === null || scroller.current === null) return;
    place.opened = null;
    scroller.current.scrollTop = place.scrollTop;
    requestAnimationFrame(() => {
      const link = document.querySelector(`[data-intent="${opened}"]`);
      if (link instanceof HTMLElement) link.focus({ preventScroll: true });
    });
  }, [scroller, place]);
}

function sumOf(found: number, { total, isWhole, isReading }: Listed): string {
  if (isWhole) return found === 1 ? "1 intent" : `${count(found)} intents`;
  const all = total === null ? "" : ` of ${count(Math.max(total, found))}`;
  return `${count(found)}${all} intents read${isReading ? ", reading more…" : ""}`;
}
