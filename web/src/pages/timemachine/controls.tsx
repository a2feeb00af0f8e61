/** The way through time: a slider, steps, a play button, and a time to go to. */
import { type ReactNode, useEffect, useState } from "react";
import { count } from "../../model/format";
import type { AsOf } from "../../model/time/contract";
import { Icon } from "../../ui/icons";
import { useKey } from "../../ui/keys";
import { Moment } from "../../ui/now";
import { GoToTime } from "./go_to_time";

const LEAP = 100;
const FRAME_MS = 200;

export function Controls({
  place,
  last,
  shown,
  isAsking,
  go,
}: {
  readonly place: number;
  readonly last: number;
  readonly shown: AsOf | null;
  readonly isAsking: boolean;
  readonly go: (sequence: number) => void;
}): ReactNode {
  const step = (by: number): void => go(Math.max(0, Math.min(last, place + by)));
  const [isPlaying, play] = usePlaying(place, last, isAsking, go);
  useKey("ArrowLeft", "One event back", () => step(-1));
  useKey("ArrowRight", "One event on", () => step(1));
  useKey("[", "A hundred events back", () => step(-LEAP));
  useKey("]", "A hundred events on", () => step(LEAP));
  useKey("p", "Play, or pause", () => play(!isPlaying));
  return (
    <section className="card flex flex-col gap-3 px-4 py-3" aria-label="Place in the ledger">
      <div className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
        <p className="figures text-2xl font-semibold max-sm:text-lg">
          #{count(place)} <span className="text-sm font-normal text-text3">of {count(last)}</span>
        </p>
        <p role="status" className="text-text2">
          <Recorded shown={shown} place={place} />
        </p>
      </div>
      <input
        type="range"
        aria-label="Event of the ledger"
        aria-valuetext={`event ${place} of ${last}`}
        className="h-6 w-full accent-accent"
        min={0}
        max={last}
        value={place}
        onChange={(event) => go(event.target.valueAsNumber)}
      />
      <div className="flex flex-wrap items-center gap-2">
        <Step name="First" to={() => go(0)} isDisabled={place === 0} />
        <Step name={`\u2212${LEAP}`} to={() => step(-LEAP)} isDisabled={place === 0} />
        <Step name={"\u22121"} to={() => step(-1)} isDisabled={place === 0} />
        <button
          type="button"
          className="button"
          aria-pressed={isPlaying}
          disabled={place === last && !isPlaying}
          onClick={() => play(!isPlaying)}
        >
          <Icon name={isPlaying ? "pause" : "play"} />
          {isPlaying ? "Pause" : "Play"}
        </button>
        <Step name="+1" to={() => step(1)} isDisabled={place === last} />
        <Step name={`+${LEAP}`} to={() => step(LEAP)} isDisabled={place === last} />
        <GoToTime go={go} />
      </div>
    </section>
  );
}

/** Of the answer that is shown, which may be a little behind the slider. */
function Recorded({
  shown,
  place,
}: {
  readonly shown: AsOf | null;
  readonly place: number;
}): ReactNode {
  if (shown === null) return "Reading…";
  if (shown.recorded_at === null) return "Before the first event";
  return (
    <span className={shown.sequence === place ? "" : "text-text3"}>
      <Moment at={shown.recorded_at} />
    </span>
  );
}

const Step = ({
  name,
  to,
  isDisabled,
}: {
  readonly name: string;
  readonly to: () => void;
  readonly isDisabled: boolean;
}): ReactNode => (
  <button type="button" className="button figures px-2.5" disabled={isDisabled} onClick={to}>
    {name}
  </button>
);

/** One event after another, each once the one before is shown. */
function usePlaying(
  place: number,
  last: number,
  isAsking: boolean,
  go: (sequence: number) => void,
): readonly [boolean, (isPlaying: boolean) => void] {
  const [isPlaying, play] = useState(false);
  const isAtEnd = place >= last;
  useEffect(() => {
    if (!isPlaying || isAsking) return;
    if (isAtEnd) {
      play(false);
      return;
    }
    const timer = setTimeout(() => go(place + 1), FRAME_MS);
    return () => clearTimeout(timer);
  }, [isPlaying, isAsking, isAtEnd, place, go]);
  return [isPlaying, play];
}
