/** The page's one store: documents of intents and signals, newest first, and how the stream stands. */
import { create } from "zustand";
import type { IntentDocument, PlatformEvent, SignalDocument } from "../generated/contracts";
import { Ring } from "../model/ring";
import { type Changes, type Documents, MAX_DOCUMENTS, type Versioned } from "./documents";
import { EventStream, type Standing, type StreamListener } from "./event_stream";
import type { EventFrame, Gap } from "./frames";
import { IntentDocuments } from "./intent_documents";
import { SignalDocuments } from "./signal_documents";

export const MAX_FEED_EVENTS = 1_000;
const MAX_REREAD = 200;
const MAX_GAPS = 20;
const FIRST_HEALING_MS = 200;
const LAST_HEALING_MS = 12_800;

/** How one kind of documents is read beside the stream. */
export interface Reading<Document> {
  history(id: string): Promise<readonly PlatformEvent[]>;
  document(id: string): Promise<Document>;
}

/** What the page asks the gateway for. */
export interface Readings {
  readonly intents: Reading<IntentDocument>;
  readonly signals: Reading<SignalDocument>;
}

export interface LiveState {
  /** Grows with every change, so that a component may select by it. */
  readonly revision: number;
  readonly standing: Standing;
  /** Ids of intents, the newest first; a new array whenever one comes or goes. */
  readonly order: readonly string[];
  /** The same for signals. */
  readonly signalOrder: readonly string[];
  /** Holes of the stream that were told, newest last. */
  readonly gaps: readonly Gap[];
}

type Watcher = (events: readonly EventFrame[]) => void;

/** The documents of one kind, how they are read, and where their order stands in the state. */
interface Shelf {
  // biome-ignore lint/suspicious/noExplicitAny: shelves of all kinds are handled alike
  readonly documents: Documents<any, any>;
  readonly reading: Reading<Versioned>;
  readonly order: "order" | "signalOrder";
}

export class LiveStore implements StreamListener {
  /** Of intents. */
  readonly documents = new IntentDocuments();
  readonly signals = new SignalDocuments();
  readonly feed = new Ring<EventFrame>(MAX_FEED_EVENTS);
  readonly use = create<LiveState>()(() => NOTHING);
  readonly #intentShelf: Shelf;
  readonly #signalShelf: Shelf;
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #listeners = new Set<Watcher>();
  readonly #healing = new Set<string>();
  readonly #shown = new Set<ReadonlySet<string>>();

  constructor(readings: Readings) {
    const { documents, signals } = this;
    this.#intentShelf = { documents, reading: readings.intents, order: "order" };
    this.#signalShelf = { documents: signals, reading: readings.signals, order: "signalOrder" };
  }

  /** Keep these intents or signals until the returned function is called, however many others there are. */
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
    this.#commit([[this.#intentShelf, this.documents.merge(found)]]);
  }

  mergeSignals(found: readonly SignalDocument[]): void {
    this.#commit([[this.#signalShelf, this.signals.merge(found)]]);
  }

  events(batch: readonly EventFrame[]): void {
    for (const event of batch) this.feed.push(event);
    this.#commit(this.#shelves.map((shelf) => [shelf, shelf.documents.apply(batch)]));
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

  get #shelves(): readonly Shelf[] {
    return [this.#intentShelf, this.#signalShelf];
  }

  /** However many kinds have changed, whoever looks is told once. */
  #commit(changed: readonly (readonly [Shelf, Changes])[]): void {
    this.use.setState((state) => {
      const orders: Partial<Record<Shelf["order"], readonly string[]>> = {};
      for (const [shelf, { added }] of changed) {
        if (added.length === 0) continue;
        orders[shelf.order] = this.#bounded(shelf, withNewest(state[shelf.order], added));
      }
      return { revision: state.revision + 1, ...orders };
    });
    for (const [shelf, { torn }] of changed) for (const id of torn) void this.#heal(shelf, id);
  }

  #bounded({ documents }: Shelf, order: readonly string[]): readonly string[] {
    if (order.length <= MAX_DOCUMENTS) return order;
    documents.evict(order.toReversed(), (id) => this.#isShown(id));
    return order.filter((id) => documents.get(id) !== undefined);
  }

  #isShown(id: string): boolean {
    for (const ids of this.#shown) if (ids.has(id)) return true;
    return false;
  }

  /** Read a history whose beginning is missing; the ledger may be behind the stream for a moment. */
  async #heal(shelf: Shelf, id: string): Promise<void> {
    if (this.#healing.has(id)) return;
    this.#healing.add(id);
    for (let pauseMs = FIRST_HEALING_MS; pauseMs <= LAST_HEALING_MS; pauseMs *= 2) {
      const history = await shelf.reading.history(id).catch(() => null);
      if (history !== null) {
        const { added, torn } = shelf.documents.heal(id, history);
        this.#commit([[shelf, { added, torn: [] }]]);
        if (torn.length === 0) break;
      }
      await pause(pauseMs);
    }
    this.#healing.delete(id);
  }

  /** Events are gone from the stream: read again what was not over. */
  async #reread(): Promise<void> {
    for (const shelf of this.#shelves) {
      shelf.documents.forgetOpen();
      for (const id of shelf.documents.openIds().slice(0, MAX_REREAD)) {
        const document = await shelf.reading.document(id).catch(() => null);
        if (document !== null) this.#commit([[shelf, shelf.documents.merge([document])]]);
      }
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
  signalOrder: [],
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
