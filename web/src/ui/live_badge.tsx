/** How the page stands to the stream: it never shows "live" while it is not. */
import { type ReactNode, useId } from "react";
import type { Standing, Status } from "../live/event_stream";
import { useLive } from "../live/live";
import { count, duration } from "../model/format";
import { useNow } from "./now";

const WORDS: Readonly<Record<Status, string>> = {
  connecting: "Connecting",
  catching_up: "Catching up",
  live: "Live",
  offline: "Offline",
};
/** A gateway that restarts is away for seconds; longer is worth alarm. */
const ALARM_MS = 10_000;

export function LiveBadge({ reconnect }: { readonly reconnect: () => void }): ReactNode {
  const standing = useLive((state) => state.standing);
  const now = useNow();
  const details = useId();
  return (
    <>
      <button
        type="button"
        popoverTarget={details}
        className={`tint inline-flex h-7 items-center gap-2 rounded-full px-2.5 text-xs font-medium whitespace-nowrap ${toneOf(standing, now)}`}
      >
        <span aria-hidden="true" className="size-1.5 rounded-full bg-current" />
        <span role="status">{WORDS[standing.status]}</span>
        <span className="figures text-text2 max-sm:hidden">{detailOf(standing, now)}</span>
      </button>
      <div id={details} popover="auto" className="card m-auto max-w-sm p-4 text-text">
        <h2 className="pb-2 text-sm font-semibold">Connection</h2>
        <p className="text-text2">{sentenceOf(standing, now)}</p>
        {standing.refusal !== null && (
          <p role="alert" className="pt-2 text-bad">
            {standing.refusal}
          </p>
        )}
        <button type="button" className="button mt-3" onClick={reconnect}>
          Reconnect
        </button>
      </div>
    </>
  );
}

function toneOf({ status, offlineSince }: Standing, now: number): string {
  if (status === "live") return "text-ok";
  return offlineSince !== null && now - offlineSince > ALARM_MS ? "text-bad" : "text-warn";
}

function detailOf({ status, sequence, retryAt }: Standing, now: number): string {
  if (status !== "offline" || retryAt === null) return `#${count(sequence)}`;
  return `next try in ${Math.max(0, Math.ceil((retryAt - now) / 1_000))} s`;
}

function sentenceOf({ status, sequence, offlineSince }: Standing, now: number): string {
  const upTo = `What you see is as of event ${count(sequence)} of the stream.`;
  if (offlineSince !== null) {
    return `The gateway has not answered for ${duration(Math.max(0, now - offlineSince))}. ${upTo}`;
  }
  return status === "live" ? `Every event arrives as it is stored. ${upTo}` : upTo;
}
