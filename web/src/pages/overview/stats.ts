/** Reads what became of the intents of a span. */
import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import type { StatsDocument } from "../../generated/rest";
import { ask } from "../../live/rest";
import { type Span, sinceOf } from "./window";

/** Counting is work for the gateway, so events do not have it done. */
const EVERY_MS = 5_000;

export const useStats = (span: Span): UseQueryResult<StatsDocument> =>
  useQuery({
    queryKey: ["GET /stats", span],
    queryFn: ({ signal }) =>
      ask("GET /stats", { query: { since: sinceOf(span, Date.now()) }, signal }),
    refetchInterval: EVERY_MS,
    placeholderData: keepPreviousData,
  });
