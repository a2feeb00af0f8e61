/** How the page stands to the stream: it never shows "live" while it is not. */
import { type ReactNode, useId } from "react";
import type { Standing, Status } from "../live/event_stream";
import type { Gap } from "../live/frames";
import { stream, useLive } from "../live/live";
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

export function LiveBadge(): ReactNode {
  const standing = useLive((state) => state.standing);
  const now = useNow();
  const details = useId();
  return (
    <>
      <button
        type="button"
        popoverTarget={details}
        title="About the connection"
        className={`tint within-text inline-flex h-7 cursor-pointer items-center gap-2 rounded-full px-2.5 text-xs font-medium whitespace-nowrap ${toneOf(standing, now)}`}
      >
        <span aria-hidden="true" className="size-1.5 rounded-full bg-current" />
        <span role="status">{WORDS[standing.status]}</span>
        <span className="figures text-text2 max-sm:hidden">{detailOf(standing, now)}</span>
      </button>
      <Details id={details} standing={standing} now={now} />
    </>
  );
}

function Details({
  id,
  standing,
  now,
}: {
  readonly id: string;
  readonly standing: Standing;
  readonly now: number;
}): ReactNode {
  const gaps = useLive((state) => state.gaps);
  return (
    <div
      id={id}
      popover="auto"
      className="card inset-auto top-[52px] right-3 w-80 max-w-[calc(100vw-24px)] bg-surface p-4 text-text"
    >
      <h2 className="pb-2 text-sm font-semibold">Connection</h2>
      <p className="text-text2">{sentenceOf(standing, now)}</p>
      {standing.refusal !== null && (
        <p role="alert" className="pt-2 text-bad">
          {standing.refusal}
        </p>
      )}
      {gaps.map((gap) => (
        <p key={`${gap.stream} ${gap.from}`} className="pt-2 text-text2">
          {gapSentence(gap)}
        </p>
      ))}
      <button type="button" className="button mt-3" onClick={() => stream.reconnect()}>
        Reconnect
      </button>
    </div>
  );
}

/** What happened to events that will not come. */
export function gapSentence({ reason, from, to }: Gap): string {
  if (reason === "stream_reset") {
    return "The stream was replaced and its numbers begin again; states were read again.";
  }
  return `Events ${count(from)} to ${count(to)} are no longer in the stream; states were read again.`;
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
    const away = duration(Math.floor(Math.max(0, now - offlineSince) / 1_000) * 1_000);
    return `The gateway has not answered for ${away}. ${upTo}`;
  }
  if (status === "live") return `Every event arrives as it is stored. ${upTo}`;
  return `${status === "connecting" ? "Waiting for the gateway's answer." : "Reading what was missed."} ${upTo}`;
}
