/** The event at which time stands still: what happened last. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
import type { PlatformEvent } from "../../generated/contracts";
import type { ListedEvent } from "../../generated/rest";
import { ask } from "../../live/rest";
import { gistOf } from "../intent/gist";

/** What the slider only passes by is not asked for. */
const RESTS_MS = 150;

export function EventCard({ sequence }: { readonly sequence: number }): ReactNode {
  const rested = useRested(sequence);
  const { data, isPlaceholderData } = useQuery({
    queryKey: ["event at", rested],
    queryFn: ({ signal }) =>
      ask("GET /events", { query: { cursor: rested + 1, limit: 1 }, signal }),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const isRead = data !== undefined && !isPlaceholderData;
  const listed = data?.items.find(({ global_seq }) => global_seq === sequence);
  return (
    <p className="card flex min-h-10 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 text-sm">
      <span className="text-text3">Last event</span>
      {listed === undefined ? (
        <span className="text-text3">
          {isRead && rested === sequence ? "none for this key" : "…"}
        </span>
      ) : (
        <Happened listed={listed} />
      )}
    </p>
  );
}

function Happened({ listed: { event } }: { readonly listed: ListedEvent }): ReactNode {
  const { words, figures } = gistOf(event as PlatformEvent, null);
  return (
    <>
      <span className="font-medium" title={event.topic}>
        {words}
      </span>
      <span className="min-w-0 break-words text-text2">{figures}</span>
      <span className="mono ml-auto max-md:ml-0">
        <HistoryLink correlationId={event.correlationId} />
      </span>
    </>
  );
}

export function HistoryLink({ correlationId }: { readonly correlationId: string }): ReactNode {
  const [kind, ...rest] = correlationId.split("-");
  const id = rest.join("-");
  const LINK = "mono text-accent hover:underline";
  if (kind === "intent") {
    return (
      <Link to="/intent/$id" params={{ id }} className={LINK}>
        {correlationId}
      </Link>
    );
  }
  if (kind === "signal") {
    return (
      <Link to="/signal/$id" params={{ id }} className={LINK}>
        {correlationId}
      </Link>
    );
  }
  return <span className="mono text-text2">{correlationId}</span>;
}

function useRested(sequence: number): number {
  const [rested, setRested] = useState(sequence);
  useEffect(() => {
    const timer = setTimeout(() => setRested(sequence), RESTS_MS);
    return () => clearTimeout(timer);
  }, [sequence]);
  return rested;
}
