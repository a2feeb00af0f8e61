/** One clock for the whole page, and how times are shown. */
import { type ReactNode, useSyncExternalStore } from "react";
import { ago, clock, moment } from "../model/format";
import { useSettings } from "./settings";

const TICK_MS = 1_000;

let now = Date.now();
const listeners = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  ticking ??= setInterval(tick, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

function tick(): void {
  now = Date.now();
  for (const listener of listeners) listener();
}

export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

/** How long ago something was; its full time is in the title. */
export function Ago({ at }: { readonly at: string }): ReactNode {
  const current = useNow();
  const zone = useSettings((settings) => settings.zone);
  return (
    <time dateTime={at} title={moment(at, zone)} className="figures text-text2">
      {ago(at, current)}
    </time>
  );
}

/** A time of day with milliseconds; the date is in the title. */
export function Clock({ at }: { readonly at: string }): ReactNode {
  const zone = useSettings((settings) => settings.zone);
  return (
    <time dateTime={at} title={moment(at, zone)} className="figures">
      {clock(at, zone)}
    </time>
  );
}

export function Moment({ at }: { readonly at: string }): ReactNode {
  const zone = useSettings((settings) => settings.zone);
  return (
    <time dateTime={at} className="figures">
      {moment(at, zone)}
    </time>
  );
}
