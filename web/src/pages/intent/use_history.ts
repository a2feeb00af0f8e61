/** The history of the intent that a page shows, and what its events fold to. */
import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { IntentDocument, PlanDocument, PlatformEvent } from "../../generated/contracts";
import { LiveHistory, type Reading } from "../../live/history";
import { live, useIntent } from "../../live/live";
import { readings } from "../../live/rest";
import { MAX_FEED_EVENTS } from "../../live/store";
import { fold } from "../../model/fold";

/** Everything that is known of an intent: its events, and the documents they make. */
export interface Known extends Reading {
  readonly id: string;
  /** The newest document, of the events or of the gateway. */
  readonly intent: IntentDocument | null;
  readonly plan: PlanDocument | null;
}

export function useHistory(id: string): Known {
  const history = useMemo(() => historyOf(id), [id]);
  useEffect(() => follow(history, id), [history, id]);
  const reading = useSyncExternalStore(history.subscribe, history.reading);
  const document = useIntent(id);
  return useMemo(() => known(id, reading, document), [id, reading, document]);
}

const historyOf = (id: string): LiveHistory =>
  new LiveHistory({
    history: () => readings.intents.history(id),
    knownVersion: () => live.documents.get(id)?.version ?? 0,
  });

function follow(history: LiveHistory, id: string): () => void {
  const correlationId = `intent-${id}`;
  const isOwn = (event: PlatformEvent): boolean => event.correlationId === correlationId;
  const unshow = live.show(new Set([id]));
  const unwatch = live.watch(correlationId, (events) => history.add(events));
  const unsubscribe = live.use.subscribe(history.look);
  history.add(live.feed.latest(MAX_FEED_EVENTS).filter(isOwn));
  history.start();
  // Whether the intent exists is told by its history; the document may be further than that.
  void readings.intents.document(id).then(
    (document) => live.merge([document]),
    () => undefined,
  );
  return () => {
    unshow();
    unwatch();
    unsubscribe();
    history.stop();
  };
}

function known(id: string, reading: Reading, document: IntentDocument | undefined): Known {
  const folded = fold(reading.events, document?.incarnation ?? "");
  const isBehind = (document?.version ?? 0) > folded.version;
  return {
    ...reading,
    id,
    intent: isBehind ? (document ?? null) : (folded.intent ?? document ?? null),
    plan: folded.plan,
  };
}
