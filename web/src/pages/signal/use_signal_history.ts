/** The history of the signal that a page shows, and what its events fold to. */
import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { PlatformEvent, SignalDocument } from "../../generated/contracts";
import { LiveHistory, type Reading } from "../../live/history";
import { live, useSignal } from "../../live/live";
import { readings } from "../../live/rest";
import { MAX_FEED_EVENTS } from "../../live/store";
import { foldSignal } from "../../model/signal_fold";

/** Everything that is known of a signal: its events, and the document they make. */
export interface KnownSignal extends Reading {
  readonly id: string;
  /** The newest document, of the events or of the gateway. */
  readonly signal: SignalDocument | null;
}

export function useSignalHistory(id: string): KnownSignal {
  const history = useMemo(() => historyOf(id), [id]);
  useEffect(() => follow(history, id), [history, id]);
  const reading = useSyncExternalStore(history.subscribe, history.reading);
  const document = useSignal(id);
  return useMemo(() => known(id, reading, document), [id, reading, document]);
}

const historyOf = (id: string): LiveHistory =>
  new LiveHistory({
    history: () => readings.signals.history(id),
    knownVersion: () => live.signals.get(id)?.version ?? 0,
  });

function follow(history: LiveHistory, id: string): () => void {
  const correlationId = `signal-${id}`;
  const isOwn = (event: PlatformEvent): boolean => event.correlationId === correlationId;
  const unshow = live.show(new Set([id]));
  const unwatch = live.watch(correlationId, (events) => history.add(events));
  const unsubscribe = live.use.subscribe(history.look);
  history.add(live.feed.latest(MAX_FEED_EVENTS).filter(isOwn));
  history.start();
  // Whether the signal exists is told by its history; the document may be further than that.
  void readings.signals.document(id).then(
    (document) => live.mergeSignals([document]),
    () => undefined,
  );
  return () => {
    unshow();
    unwatch();
    unsubscribe();
    history.stop();
  };
}

function known(id: string, reading: Reading, document: SignalDocument | undefined): KnownSignal {
  const folded = foldSignal(reading.events, document?.incarnation ?? "");
  const isBehind = (document?.version ?? 0) > folded.version;
  const signal = isBehind ? document : (folded.signal ?? document);
  return { ...reading, id, signal: signal ?? null };
}
