/** The page's one store: documents, newest intents first, and how the stream stands. */
import { create } from "zustand";
import type { IntentDocument, PlatformEvent } from "../generated/contracts";
import { Ring } from "../model/ring";
import { EventStream, type Standing, type StreamListener } from "./event_stream";
import type { EventFrame, Gap } from "./frames";
import { type Changes, IntentDocuments, MAX_DOCUMENTS } from "./intent_documents";

export const MAX_FEED_EVENTS = 1_000;
const MAX_REREAD = 200;
const MAX_GAPS = 20;
const FIRST_HEALING_MS = 200;
const LAST_HEALING_MS = 12_800;

/** What the page asks the gateway for, beside the stream. */
export interface Readings {
  history(intentId: string): Promise<readonly PlatformEvent[]>;
  intent(intentId: string): Promise<IntentDocument>;
}

export interface LiveState {
  /** Grows with every change, so that a component may select by it. */
  readonly revision: number;
  readonly standing: Standing;
  /** Ids of intents, the newest first; a new array whenever one comes or goes. */
  readonly order: readonly string[];
  /** Holes of the stream that were told, newest last. */
  readonly gaps: readonly Gap[];
}

type Watcher = (events: readonly EventFrame[]) => void;

export class LiveStore implements StreamListener {
  readonly documents = new IntentDocuments();
  readonly feed = new Ring<EventFrame>(MAX_FEED_EVENTS);
  readonly use = create<LiveState>()(() => NOTHING);
  readonly #readings: Readings;
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #listeners = new Set<Watcher>();
  readonly #healing = new Set<string>();
  readonly #shown = new Set<ReadonlySet<string>>();

  constructor(readings: Readings) {
    this.#readings = readings;
  }

  /** Keep these intents until the returned function is called, however many others there are. */
  show(ids: ReadonlySet<string>): () => void {
    this.#shown.add(ids);
    return () => void this.#shown.delete(ids);
  }

  /** Call with every batch of a correlation's events until the returned function is called. */
  watch(correlationId: string, watcher: Watcher): () => void {
    const watchers = this.#watchers.get(correlationId) ?? new Set();
    watchers.add(watcher);
    this.#watchers.set(correlationId, watchers);
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0) this.#watchers.delete(correlationId);
    };
  }

  /** Call with every batch of events until the returned function is called. */
  listen(listener: Watcher): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  merge(found: readonly IntentDocument[]): void {
    this.#commit(this.documents.merge(found));
  }

  events(batch: readonly EventFrame[]): void {
    for (const event of batch) this.feed.push(event);
    this.#commit(this.documents.apply(batch));
    for (const [correlationId, watchers] of this.#watchers) {
      const own = batch.filter((event) => event.correlationId === correlationId);
      if (own.length > 0) for (const watcher of watchers) watcher(own);
    }
    for (const listener of this.#listeners) listener(batch);
  }

  gap(gap: Gap): void {
    this.use.setState(({ gaps }) => ({ gaps: [...gaps, gap].slice(-MAX_GAPS) }));
    void this.#reread();
  }

  standing(standing: Standing): void {
    this.use.setState({ standing });
  }

  #commit({ added, torn }: Changes): void {
    this.use.setState(({ revision, order }) => ({
      revision: revision + 1,
      order: added.length === 0 ? order : this.#bounded(withNewest(order, added)),
    }));
    for (const id of torn) void this.#heal(id);
  }

  #bounded(order: readonly string[]): readonly string[] {
    if (order.length <= MAX_DOCUMENTS) return order;
    this.documents.evict(order.toReversed(), (id) => this.#isShown(id));
    return order.filter((id) => this.documents.get(id) !== undefined);
  }

  #isShown(id: string): boolean {
    for (const ids of this.#shown) if (ids.has(id)) return true;
    return false;
  }

  /** Read a history whose beginning is missing; the ledger may be behind the stream for a moment. */
  async #heal(id: string): Promise<void> {
    if (this.#healing.has(id)) return;
    this.#healing.add(id);
    for (let pauseMs = FIRST_HEALING_MS; pauseMs <= LAST_HEALING_MS; pauseMs *= 2) {
      const history = await this.#readings.history(id).catch(() => null);
      if (history !== null) {
        const { added, torn } = this.documents.heal(id, history);
        this.#commit({ added, torn: [] });
        if (torn.length === 0) break;
      }
      await pause(pauseMs);
    }
    this.#healing.delete(id);
  }

  /** Events are gone from the stream: read again what was not over. */
  async #reread(): Promise<void> {
    this.documents.forgetOpen();
    for (const id of this.documents.openIds().slice(0, MAX_REREAD)) {
      const document = await this.#readings.intent(id).catch(() => null);
      if (document !== null) this.merge([document]);
    }
  }
}

export const TOPICS = ["*"] as const;

export function followStream(store: LiveStore): EventStream {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const stream = new EventStream(`${scheme}://${location.host}/stream`, TOPICS, store);
  stream.start();
  return stream;
}

const NOTHING: LiveState = {
  revision: 0,
  standing: {
    status: "connecting",
    sequence: 0,
    retryAt: null,
    offlineSince: null,
    refusal: null,
  },
  order: [],
  gaps: [],
};

/** Ids are ULIDs, so their order is that of time. */
function withNewest(order: readonly string[], added: readonly string[]): readonly string[] {
  const newest = [...added].sort().reverse();
  const [head] = order;
  const oldestAdded = newest.at(-1);
  if (head === undefined || (oldestAdded !== undefined && oldestAdded > head)) {
    return [...newest, ...order];
  }
  return [...newest, ...order].sort().reverse();
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
