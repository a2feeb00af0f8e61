/** Events as they come; they stand still when somebody wants to read. */
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { EventFrame } from "../../live/frames";
import { live, useLive } from "../../live/live";
import { shortId } from "../../model/format";
import { Icon } from "../../ui/icons";
import { useKey } from "../../ui/keys";
import { gapSentence } from "../../ui/live_badge";
import { Clock } from "../../ui/now";
import { Card } from "../../ui/parts";
import { useSettings } from "../../ui/settings";

const SHOWN = 14;
/** Prices come with every block and would hide what people wait for. */
const PRICES = /^instrument\.\w+_observed$/;

export function Events(): ReactNode {
  useLive((state) => state.revision);
  const [held, setHeld] = useState<readonly EventFrame[] | null>(null);
  const [withPrices, setWithPrices] = useState(false);
  const newest = newestEvents(withPrices);
  const toggle = (): void => setHeld(held === null ? newest : null);
  useKey("f", "Hold the events, or let them go on", toggle);
  return (
    <Card
      title="Events"
      aside={
        <span className="flex items-center gap-3 text-sm">
          <label className="flex cursor-pointer items-center gap-2 text-text2">
            <input
              type="checkbox"
              className="accent-accent"
              checked={withPrices}
              onChange={() => setWithPrices(!withPrices)}
            />
            with prices
          </label>
          <button
            type="button"
            className="button h-7"
            aria-pressed={held !== null}
            onClick={toggle}
          >
            <Icon name={held === null ? "pause" : "play"} />
            {held === null ? "Hold" : "Go on"}
          </button>
        </span>
      }
    >
      <Gaps />
      <EventTable events={held ?? newest} />
    </Card>
  );
}

function Gaps(): ReactNode {
  const gaps = useLive((state) => state.gaps);
  return gaps.map((gap) => (
    <p
      key={`${gap.stream} ${gap.from}`}
      className="border-b border-line px-4 py-2 text-sm text-warn"
    >
      {gapSentence(gap)}
    </p>
  ));
}

function EventTable({ events }: { readonly events: readonly EventFrame[] }): ReactNode {
  const zone = useSettings((settings) => settings.zone);
  if (events.length === 0) {
    return (
      <p className="p-4 text-text2">What happens from now on is shown here, the newest above.</p>
    );
  }
  return (
    <table className="w-full table-fixed text-sm">
      <caption className="sr-only">
        The newest events, times in {zone === "UTC" ? "UTC" : "the zone of this machine"}
      </caption>
      <tbody>
        {events.map((event) => (
          <EventRow key={event.streamSequence} event={event} />
        ))}
      </tbody>
    </table>
  );
}

function newestEvents(withPrices: boolean): readonly EventFrame[] {
  if (withPrices) return live.feed.latest(SHOWN);
  return live.feed
    .latest(live.feed.capacity)
    .filter(({ topic }) => !PRICES.test(topic))
    .slice(0, SHOWN);
}

const INTENT_PREFIX = "intent-";

function EventRow({ event }: { readonly event: EventFrame }): ReactNode {
  const { timestamp, topic, correlationId, streamSequence } = event;
  const isIntents = correlationId.startsWith(INTENT_PREFIX);
  const id = correlationId.slice(INTENT_PREFIX.length);
  return (
    <tr className="h-7 hover:bg-raised">
      <td className="mono w-28 pl-4 text-text2">
        <Clock at={timestamp} />
      </td>
      <td className="mono truncate px-3" title={topic}>
        {topic}
      </td>
      <td className="mono w-52 truncate pr-4 text-right max-md:w-32">
        {isIntents ? (
          <Link to="/intent/$id" params={{ id }} className="text-accent hover:underline" title={id}>
            {shortId(id)}
          </Link>
        ) : (
          <span className="block truncate text-text3" title={correlationId}>
            {correlationId}
          </span>
        )}
      </td>
      <td className="mono w-20 pr-4 text-right text-text3 max-md:hidden" title="stream sequence">
        #{streamSequence}
      </td>
    </tr>
  );
}
