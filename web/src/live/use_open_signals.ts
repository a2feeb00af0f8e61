/** The signals that have not ended, as the gateway knew them and the stream has told since. */
import { useEffect, useMemo } from "react";
import { type OPEN_STATES, type OpenSignal, openSignals } from "../model/pipeline";
import { useNow } from "../ui/now";
import { live, useLive } from "./live";
import { useAsk } from "./use_ask";

const MAX_OPEN = 200;
const EVERY_MS = 15_000;

export interface OpenRead {
  readonly open: readonly OpenSignal[];
  /** What went wrong with reading them, if anything did. */
  readonly error: unknown;
  readonly isRead: boolean;
  readonly retry: () => void;
}

export function useOpenSignals(): OpenRead {
  const reads = [useOpen("received"), useOpen("enriched"), useOpen("evaluated")];
  const revision = useLive((state) => state.revision);
  const now = useNow();
  // biome-ignore lint/correctness/useExhaustiveDependencies: documents change in their place
  const open = useMemo(
    () =>
      openSignals(
        live.signals.openIds().flatMap((id) => live.signals.get(id) ?? []),
        now,
      ),
    [revision, now],
  );
  return {
    open,
    error: reads.find(({ error }) => error !== null)?.error ?? null,
    isRead: reads.every(({ data }) => data !== undefined),
    retry: () => {
      for (const { refetch } of reads) void refetch();
    },
  };
}

function useOpen(state: (typeof OPEN_STATES)[number]) {
  const read = useAsk(
    "GET /signals",
    { query: { status: state, limit: MAX_OPEN } },
    { everyMs: EVERY_MS },
  );
  const items = read.data?.items;
  useEffect(() => {
    if (items !== undefined) live.mergeSignals(items);
  }, [items]);
  return read;
}
