/** Reads of the gateway that are not intents: read once, again by events, and again after a while. */
import { type UseQueryResult, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { live } from "./live";
import type { AllAnswers } from "./pending";
import { type Asked, ask, type Operation } from "./rest";

const EVERY_MS = 30_000;
/** A storm of events makes one read of it. */
const LEAST_PAUSE_MS = 1_000;

export interface Refreshed {
  /** Beginnings of topics whose events change the answer, such as `risk.` or `wallet.frozen`. */
  readonly topics?: readonly string[];
  readonly everyMs?: number;
  /** Nothing is asked while it is false. */
  readonly isEnabled?: boolean;
}

type Key = readonly unknown[];

export const keyOf = (operation: Operation, asked: Omit<Asked, "signal" | "body"> = {}): Key => [
  operation,
  asked.path ?? {},
  asked.query ?? {},
];

/** `useAsk("GET /risk/states", {}, { topics: ["risk."] })`: to be shown by `<Answer>`. */
export function useAsk<Name extends Operation>(
  operation: Name,
  asked: Omit<Asked, "signal" | "body"> = {},
  { topics = [], everyMs = EVERY_MS, isEnabled = true }: Refreshed = {},
): UseQueryResult<AllAnswers[Name]> {
  const queryKey = keyOf(operation, asked);
  useInvalidate(topics, queryKey);
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => ask(operation, { ...asked, signal }),
    refetchInterval: everyMs,
    enabled: isEnabled,
  });
}

/** Read again what the key begins, whenever an event of these topics comes. */
export function useInvalidate(topics: readonly string[], queryKey: Key): void {
  const queries = useQueryClient();
  const [prefixes, key] = [JSON.stringify(topics), JSON.stringify(queryKey)];
  useEffect(() => {
    const wanted = JSON.parse(prefixes) as readonly string[];
    if (wanted.length === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const invalidate = (): void => {
      timer = undefined;
      void queries.invalidateQueries({ queryKey: JSON.parse(key) as Key });
    };
    const unlisten = live.listen((batch) => {
      if (timer !== undefined) return;
      if (!batch.some(({ topic }) => wanted.some((prefix) => topic.startsWith(prefix)))) return;
      timer = setTimeout(invalidate, LEAST_PAUSE_MS);
    });
    return () => {
      unlisten();
      clearTimeout(timer);
    };
  }, [queries, prefixes, key]);
}
