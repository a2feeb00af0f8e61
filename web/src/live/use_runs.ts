/** How far runs are, as events tell it while a page is open. */
import { useEffect, useState } from "react";
import { isOfRun, type Progress, withEvents } from "../model/backtests/progress";
import { live } from "./live";
import { MAX_FEED_EVENTS } from "./store";

export const RUN_TOPICS = ["backtest."] as const;

/** By run. What came just before the page was opened is in the feed still. */
export function useProgress(): ReadonlyMap<string, Progress> {
  const [told, tell] = useState<ReadonlyMap<string, Progress>>(() =>
    withEvents(new Map(), live.feed.latest(MAX_FEED_EVENTS).filter(isOfRun).toReversed()),
  );
  useEffect(() => live.listen((batch) => tell((known) => withEvents(known, batch))), []);
  return told;
}
