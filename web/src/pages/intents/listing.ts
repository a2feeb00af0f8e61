/**
 * The intents that fit a filter, newest first, read page by page as far as somebody looks.
 *
 * The gateway's pages and the stream fill one store, so what is listed is what fits down to the
 * oldest intent of the last page: above it the store has all of them, below it perhaps some.
 */
import type { IntentDocument } from "../../generated/contracts";

export const PAGE_ITEMS = 100;

export interface Page {
  readonly items: readonly IntentDocument[];
  readonly next_cursor?: string | null;
  readonly total?: number | null;
}

export type AskForPage = (cursor: string | undefined) => Promise<Page>;

export interface Listed {
  /** The lowest id down to which the list is whole; null before the first page. */
  readonly floor: string | null;
  readonly isWhole: boolean;
  readonly isReading: boolean;
  /** How many the gateway has, where it can tell. */
  readonly total: number | null;
  readonly error: unknown;
}

const NOTHING: Listed = {
  floor: null,
  isWhole: false,
  isReading: false,
  total: null,
  error: null,
};

/** An empty page says nothing about where the next one ends. */
const MAX_EMPTY_PAGES = 20;

export class Listing {
  readonly #ask: AskForPage;
  readonly #keep: (found: readonly IntentDocument[]) => void;
  readonly #listeners = new Set<() => void>();
  #listed = NOTHING;
  #cursor: string | undefined;

  constructor(ask: AskForPage, keep: (found: readonly IntentDocument[]) => void) {
    this.#ask = ask;
    this.#keep = keep;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly listed = (): Listed => this.#listed;

  /** Read the next page, unless one is being read or there is none. */
  readonly more = async (): Promise<void> => {
    if (this.#listed.isReading || this.#listed.isWhole) return;
    this.#say({ isReading: true, error: null });
    try {
      await this.#readOn();
      this.#say({ isReading: false });
    } catch (error) {
      this.#say({ isReading: false, error });
    }
  };

  /** A page may be empty although more follow: go on until something is found. */
  async #readOn(): Promise<void> {
    for (let pages = 0; pages < MAX_EMPTY_PAGES; pages += 1) {
      const page = await this.#ask(this.#cursor);
      this.#keep(page.items);
      this.#cursor = page.next_cursor ?? undefined;
      const last = page.items.at(-1);
      const isWhole = this.#cursor === undefined;
      this.#say({
        isWhole,
        floor: isWhole ? "" : (last?.intent_id ?? this.#listed.floor),
        ...(page.total != null && { total: page.total }),
      });
      if (isWhole || last !== undefined) return;
    }
  }

  #say(news: Partial<Listed>): void {
    this.#listed = { ...this.#listed, ...news };
    for (const listener of this.#listeners) listener();
  }
}

/** Ids of the store that belong to the list; `ceiling` holds back those that came later. */
export function rowsOf(
  order: readonly string[],
  { floor }: Listed,
  ceiling: string | null,
  fits: (id: string) => boolean,
): { readonly rows: readonly string[]; readonly held: number } {
  if (floor === null) return { rows: [], held: 0 };
  const fitting = order.filter((id) => id >= floor && fits(id));
  if (ceiling === null) return { rows: fitting, held: 0 };
  const rows = fitting.filter((id) => id <= ceiling);
  return { rows, held: fitting.length - rows.length };
}
