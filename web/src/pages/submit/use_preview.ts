/** Asks what would become of an intent, a moment after it was typed, and again while it is shown. */
import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Intent, IntentPreview } from "../../generated/rest";
import { ask, Refusal } from "../../live/rest";

/** Less, and every letter would be a request; more, and it would lag. */
const DEBOUNCE_MS = 300;
/** Prices move; risk and planner have more to do than to answer for a form that is left open. */
const EVERY_MS = 5_000;
const MAX_RETRIES = 2;

export interface Previewed {
  readonly query: UseQueryResult<IntentPreview>;
  /** The answer, if it is about this very intent. */
  readonly current: IntentPreview | null;
}

export function usePreview(intent: Intent | null): Previewed {
  const asked = useSettled(intent === null ? "" : JSON.stringify(intent));
  const query = useQuery({
    queryKey: ["POST /intents:preview", asked],
    queryFn: ({ signal }) => ask("POST /intents:preview", { body: JSON.parse(asked), signal }),
    enabled: asked !== "",
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (isFinal(state.error) ? false : EVERY_MS),
    retry: (failures, error) => !isFinal(error) && failures < MAX_RETRIES,
  });
  const isAbout = intent !== null && asked === JSON.stringify(intent);
  const { data, isPlaceholderData } = query;
  return { query, current: isAbout && !isPlaceholderData && data !== undefined ? data : null };
}

/** What is wrong with the request stays wrong until the form is changed. */
const isFinal = (error: Error | null): boolean =>
  error instanceof Refusal && error.problem.status < 500 && error.problem.status !== 429;

/** The value once it has not changed for a moment. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
