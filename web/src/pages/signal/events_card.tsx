/** The history, event by event: a line opens to the whole event in its place. */
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { count } from "../../model/format";
import { Card } from "../../ui/parts";
import { EventList } from "../intent/event_list";
import { SIGNAL_VIEW_NAMES, SIGNAL_VIEWS } from "./search";
import type { KnownSignal } from "./use_signal_history";

const route = getRouteApi("/signal/$id");

export function EventsCard({ known }: { readonly known: KnownSignal }): ReactNode {
  const { view = "compact" } = route.useSearch();
  const navigate = route.useNavigate();
  const { events } = known;
  return (
    <Card
      title="History"
      aside={
        <span className="flex items-center gap-3">
          <span className="figures text-xs text-text3">
            {count(events.length)} {events.length === 1 ? "event" : "events"}
          </span>
          <fieldset className="flex gap-1">
            <legend className="sr-only">How events are shown</legend>
            {SIGNAL_VIEWS.map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={view === one}
                className="button h-7 px-2 text-xs text-text2 aria-pressed:border-accent aria-pressed:text-text"
                onClick={() =>
                  void navigate({ search: one === "compact" ? {} : { view: one }, replace: true })
                }
              >
                {SIGNAL_VIEW_NAMES[one]}
              </button>
            ))}
          </fieldset>
        </span>
      }
    >
      <div className="px-2 pt-1">
        {events.length === 0 ? (
          <p className="px-2 py-3 text-text2">
            The ledger has no event of it yet; this page fills by itself.
          </p>
        ) : (
          <EventList key={view} events={events} all={events} areOpen={view === "full"} />
        )}
      </div>
    </Card>
  );
}
