/** The history in five views: lines, bars, everything, causes, and the envelopes themselves. */
import { type ReactNode, Suspense, useState } from "react";
import type { PlatformEvent } from "../../generated/contracts";
import { isOver } from "../../live/intent_documents";
import { count } from "../../model/format";
import { useKey } from "../../ui/keys";
import { Skeleton } from "../../ui/parts";
import { Tabs } from "../../ui/tabs";
import { EventList } from "./event_list";
import { mentions, sidesIn } from "./gist";
import { GraphView, JsonView } from "./lazy_views";
import { type IntentSearch, VIEW_NAMES, VIEWS, type View } from "./search";
import { TimelineView } from "./timeline_view";
import type { Known } from "./use_history";

const DEFAULT_VIEW: View = "timeline";

export function EventsCard({
  known,
  search,
  choose,
}: {
  readonly known: Known;
  readonly search: IntentSearch;
  readonly choose: (chosen: IntentSearch) => void;
}): ReactNode {
  const [frozen, setFrozen] = useState<Known | null>(null);
  const toggle = (): void => setFrozen(frozen === null ? known : null);
  useKey("f", "Freeze the views, or let them go on", toggle);
  const shown = frozen ?? known;
  const view = search.view ?? DEFAULT_VIEW;
  const text = search.text ?? "";
  const isFiltered = view === "compact" || view === "full";
  const sides = sidesIn(shown.events);
  const found = isFiltered
    ? shown.events.filter((event) => mentions(event, text, sides))
    : shown.events;
  return (
    <section className="card min-w-0" aria-label="History">
      <h2 className="sr-only">History</h2>
      <div className="px-2 pt-1">
        <Tabs
          label="Views of the history"
          tabs={VIEWS.map((key) => ({ key, name: VIEW_NAMES[key] }))}
          selected={view}
          onSelect={(chosen) => choose({ view: chosen })}
        >
          <div className="flex min-h-8 flex-wrap items-center justify-end gap-2 px-2 pb-3">
            {isFiltered && <TextFilter text={text} choose={choose} />}
            {view === "timeline" && <ScaleChoice isEven={search.even === true} choose={choose} />}
            <EventCount found={found.length} all={shown.events.length} />
            <FreezeButton
              isFrozen={frozen !== null}
              behind={known.events.length - shown.events.length}
              toggle={toggle}
            />
          </div>
          <Suspense fallback={<Skeleton rows={4} />}>
            <HistoryView view={view} known={shown} events={found} isEven={search.even === true} />
          </Suspense>
        </Tabs>
      </div>
    </section>
  );
}

function HistoryView({
  view,
  known,
  events,
  isEven,
}: {
  readonly view: View;
  readonly known: Known;
  readonly events: readonly PlatformEvent[];
  readonly isEven: boolean;
}): ReactNode {
  if (known.events.length === 0) {
    return (
      <p className="px-2 pb-4 text-text2">
        The ledger has no event of it yet; this page fills by itself.
      </p>
    );
  }
  switch (view) {
    case "compact":
      return <EventList key="compact" events={events} all={known.events} areOpen={false} />;
    case "full":
      return <EventList key="full" events={events} all={known.events} areOpen />;
    case "timeline": {
      const isDone = known.intent !== null && isOver(known.intent);
      return <TimelineView events={known.events} isOver={isDone} isEven={isEven} />;
    }
    case "graph":
      return <GraphView events={known.events} />;
    case "json":
      return <JsonView known={known} />;
  }
}

function EventCount({ found, all }: { readonly found: number; readonly all: number }): ReactNode {
  const events = all === 1 ? "event" : "events";
  return (
    <span className="figures text-xs text-text3">
      {found === all ? count(all) : `${count(found)} of ${count(all)}`} {events}
    </span>
  );
}

function FreezeButton({
  isFrozen,
  behind,
  toggle,
}: {
  readonly isFrozen: boolean;
  readonly behind: number;
  readonly toggle: () => void;
}): ReactNode {
  return (
    <button
      type="button"
      className="button h-7 px-2 text-xs"
      aria-pressed={isFrozen}
      title="Hold these views as they are; the rest of the page goes on"
      onClick={toggle}
    >
      {isFrozen ? `Frozen${behind > 0 ? `, ${behind} behind` : ""}` : "Freeze"}
    </button>
  );
}

function TextFilter({
  text,
  choose,
}: {
  readonly text: string;
  readonly choose: (chosen: IntentSearch) => void;
}): ReactNode {
  return (
    <input
      type="search"
      data-filter
      className="field mr-auto h-8 max-w-xs"
      aria-label="Only events that mention"
      placeholder="Filter events"
      value={text}
      onChange={(event) => choose({ text: event.target.value || undefined })}
    />
  );
}

function ScaleChoice({
  isEven,
  choose,
}: {
  readonly isEven: boolean;
  readonly choose: (chosen: IntentSearch) => void;
}): ReactNode {
  return (
    <fieldset className="mr-auto flex gap-1">
      <legend className="sr-only">Lengths of the bars</legend>
      {[false, true].map((even) => (
        <button
          key={String(even)}
          type="button"
          aria-pressed={isEven === even}
          className="button h-7 px-2 text-xs text-text2 aria-pressed:border-accent aria-pressed:text-text"
          onClick={() => choose({ even: even || undefined })}
        >
          {even ? "Even steps" : "To scale"}
        </button>
      ))}
    </fieldset>
  );
}
