/** Events in a line each, ascending; a line opens to the whole event in its place. */
import { type ReactNode, useState } from "react";
import type { PlatformEvent } from "../../generated/contracts";
import { duration } from "../../model/format";
import { Clock } from "../../ui/now";
import { Copy } from "../../ui/parts";
import { Code } from "./code";
import { gistOf, sidesIn } from "./gist";

export function EventList({
  events,
  all,
  areOpen,
}: {
  readonly events: readonly PlatformEvent[];
  /** The whole history, which says what came before an event and what its amounts are of. */
  readonly all: readonly PlatformEvent[];
  /** Whether every event is shown whole. */
  readonly areOpen: boolean;
}): ReactNode {
  if (events.length === 0) {
    return <p className="px-2 pb-4 text-text2">No event mentions this. Clear the filter.</p>;
  }
  return (
    <ol className="pb-2">
      {events.map((event) => (
        <Line key={event.eventId} event={event} all={all} isOpenAtFirst={areOpen} />
      ))}
    </ol>
  );
}

function Line({
  event,
  all,
  isOpenAtFirst,
}: {
  readonly event: PlatformEvent;
  readonly all: readonly PlatformEvent[];
  readonly isOpenAtFirst: boolean;
}): ReactNode {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  const { words, figures } = gistOf(event, sidesIn(all));
  return (
    <li data-row className="border-b border-line last:border-b-0">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="grid min-h-9 w-full cursor-pointer grid-cols-[24px_96px_84px_200px_1fr] items-center gap-x-3 rounded px-2 py-1 text-left text-sm hover:bg-raised max-md:grid-cols-[20px_1fr_auto]"
      >
        <span className="figures text-text3">{event.sequence}</span>
        <span className="text-text2 max-md:order-4 max-md:col-span-2 max-md:col-start-2">
          <Clock at={event.timestamp} />
        </span>
        <span className="figures text-right text-text3 max-md:order-3">
          {sinceBefore(event, all)}
        </span>
        <span className="font-medium max-md:order-2" title={event.topic}>
          {words}
        </span>
        <span className="min-w-0 break-words text-text2 max-md:order-5 max-md:col-span-2 max-md:col-start-2">
          {figures}
        </span>
      </button>
      {isOpen && <Whole event={event} />}
    </li>
  );
}

function Whole({ event }: { readonly event: PlatformEvent }): ReactNode {
  return (
    <div className="flex flex-col gap-2 px-2 pt-2 pb-3 md:pl-11">
      <p className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-text2">
        <span className="mono">{event.topic}</span>
        <span>by the {event.producer}</span>
        <Copy text={event.eventId} what="the event's id">
          {event.eventId}
        </Copy>
        <span>
          caused by <span className="mono break-all">{event.causationId}</span>
        </span>
      </p>
      <Code label={`Payload of event ${event.sequence}`}>
        {JSON.stringify(event.payload, null, 2)}
      </Code>
    </div>
  );
}

/** The time since the event before it in the whole history. */
function sinceBefore(event: PlatformEvent, all: readonly PlatformEvent[]): string {
  const before = all[event.sequence - 2];
  if (before === undefined) return "";
  return `+${duration(Math.max(0, Date.parse(event.timestamp) - Date.parse(before.timestamp)))}`;
}
