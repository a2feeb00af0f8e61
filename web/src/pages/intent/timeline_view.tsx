/** Where the time went: a bar for each stage, the one that goes on growing until now. */
import { type ReactNode, useEffect, useState } from "react";
import type { PlatformEvent } from "../../generated/contracts";
import { duration } from "../../model/format";
import { TONES } from "../../ui/parts";
import { EventList } from "./event_list";
import {
  type Bar,
  barsOf,
  lengthMs,
  rowsOf,
  type Segment,
  type StageRow,
  segmentsOf,
} from "./stages";

const TICK_MS = 250;

export function TimelineView({
  events,
  isOver,
  isEven,
}: {
  readonly events: readonly PlatformEvent[];
  readonly isOver: boolean;
  readonly isEven: boolean;
}): ReactNode {
  const now = useTicks(!isOver);
  const segments = segmentsOf(events, isOver);
  const bars = barsOf(segments, !isEven, now);
  const total = segments.reduce((sum, segment) => sum + lengthMs(segment, now), 0);
  return (
    <div className="px-2 pb-3">
      <ol>
        {rowsOf(segments).map((row) => (
          <Row key={row.stage} row={row} bars={bars} now={now} all={events} />
        ))}
      </ol>
      <p className="flex flex-wrap justify-between gap-x-4 border-t border-line pt-2 text-xs text-text3">
        <span>
          {segments.some((segment) => segment.isUnknown) &&
            "Striped: money may have moved, and nobody knew yet."}
        </span>
        <span>
          Total <span className="figures text-text">{duration(total)}</span>
        </span>
      </p>
    </div>
  );
}

function Row({
  row,
  bars,
  now,
  all,
}: {
  readonly row: StageRow;
  readonly bars: ReadonlyMap<Segment, Bar>;
  readonly now: number;
  readonly all: readonly PlatformEvent[];
}): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const own = row.segments.flatMap(({ event }) => event ?? []);
  const length = row.segments.reduce((sum, segment) => sum + lengthMs(segment, now), 0);
  const goesOn = row.segments.some(({ to }) => to === null);
  return (
    <li data-row>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="grid h-8 w-full cursor-pointer grid-cols-[72px_1fr_84px] items-center gap-3 rounded text-left text-sm hover:bg-raised"
      >
        <span>{row.stage}</span>
        <span className="relative h-5 overflow-hidden rounded bg-line/40">
          {row.segments.map((segment) => (
            <SegmentBar
              key={`${segment.from} ${segment.event?.eventId}`}
              segment={segment}
              bar={bars.get(segment)}
            />
          ))}
        </span>
        <span className={`figures text-right ${goesOn ? "text-run" : "text-text2"}`}>
          {duration(length)}
        </span>
      </button>
      {isOpen &&
        (own.length > 0 ? (
          <EventList events={own} all={all} areOpen={false} />
        ) : (
          <p className="px-2 pb-2 text-sm text-text2">It goes on: nothing has ended it yet.</p>
        ))}
    </li>
  );
}

/** However short it was, it can be seen. */
const LEAST_PX = 3;

function SegmentBar({
  segment,
  bar,
}: {
  readonly segment: Segment;
  readonly bar: Bar | undefined;
}): ReactNode {
  if (bar === undefined) return null;
  const isStriped = segment.isUnknown || segment.to === null;
  return (
    <span
      aria-hidden="true"
      className={`absolute inset-y-0 rounded-sm ${TONES[segment.tone]} ${isStriped ? "stripes" : "bg-current"}`}
      style={{
        left: `min(${bar.left * 100}%, calc(100% - ${LEAST_PX}px))`,
        width: `max(${LEAST_PX}px, calc(${bar.width * 100}% - 1px))`,
      }}
    />
  );
}

function useTicks(areWanted: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!areWanted) return;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [areWanted]);
  return now;
}
