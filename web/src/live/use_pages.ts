/** A list of the gateway that is read page by page, the newest first. */
import { type InfiniteData, useInfiniteQuery } from "@tanstack/react-query";
import type { AllAnswers } from "./pending";
import { type Asked, ask, type Operation } from "./rest";
import { keyOf, useInvalidate } from "./use_ask";

type Cursor = string | number;

interface Page {
  readonly items: readonly unknown[];
  readonly next_cursor?: Cursor | null;
}

type Paged = { [Name in Operation]: AllAnswers[Name] extends Page ? Name : never }[Operation];
type Item<Name extends Paged> = AllAnswers[Name]["items"][number];

const PAGE_ITEMS = 50;
const EVERY_MS = 30_000;

/** What `<Pages>` shows. */
export interface PagesRead<Row> {
  readonly rows: readonly Row[] | undefined;
  readonly error: unknown;
  readonly hasOlder: boolean;
  readonly isReadingOlder: boolean;
  readonly readOlder: () => void;
  readonly retry: () => void;
}

export function usePages<Name extends Paged>(
  operation: Name,
  asked: Pick<Asked, "path" | "query">,
  topics: readonly string[],
  /** What no event tells has to be read often. */
  everyMs = EVERY_MS,
): PagesRead<Item<Name>> {
  const queryKey = ["pages", ...keyOf(operation, asked)];
  useInvalidate(topics, queryKey);
  const query = useInfiniteQuery<
    AllAnswers[Name],
    Error,
    InfiniteData<AllAnswers[Name]>,
    readonly unknown[],
    Cursor | undefined
  >({
    queryKey,
    queryFn: ({ signal, pageParam }) =>
      ask(operation, {
        ...asked,
        query: { limit: PAGE_ITEMS, ...asked.query, cursor: pageParam },
        signal,
      }),
    initialPageParam: undefined,
    refetchInterval: everyMs,
    getNextPageParam: (page: AllAnswers[Name]) => (page as Page).next_cursor ?? undefined,
  });
  return {
    rows: query.data?.pages.flatMap(({ items }) => [...items] as Item<Name>[]),
    error: query.error,
    hasOlder: query.hasNextPage,
    isReadingOlder: query.isFetchingNextPage,
    readOlder: () => void query.fetchNextPage(),
    retry: () => void query.refetch(),
  };
}
