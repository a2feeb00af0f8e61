/**
 * What the page knows of intents or signals: documents that REST answered and that were folded from
 * events.
 *
 * Each document carries the sequence of the last event in it, so both sources merge without a lock
 * or a common snapshot. Events may come twice, late or not at all; a hole is healed by reading the
 * history. No state is ever guessed.
 */
import type { PlatformEvent } from "../generated/contracts";

export const MAX_DOCUMENTS = 20_000;
export const MAX_OPEN_FOLDS = 5_000;
export const MAX_EARLY_EVENTS = 64;

/** What every document says of where it stands. */
export interface Versioned {
  readonly incarnation: string;
  readonly version: number;
}

/** How histories of one kind are told from others, and what they fold to. */
export interface Kind<Document extends Versioned, Folded extends { readonly version: number }> {
  /** How the correlation ids begin. */
  readonly prefix: string;
  readonly nothing: (incarnation: string) => Folded;
  readonly evolve: (folded: Folded, event: PlatformEvent) => Folded;
  /** Null while the history has no beginning. */
  readonly documentOf: (folded: Folded) => Document | null;
  readonly idOf: (document: Document) => string;
  readonly isOver: (document: Document) => boolean;
}

export interface Counters {
  events: number;
  duplicates: number;
  holes: number;
  evicted: number;
}

/** What changed by a batch of events or a page of documents. */
export interface Changes {
  /** Ids that were not known before. */
  readonly added: readonly string[];
  /** Ids whose beginning is missing: their history has to be read. */
  readonly torn: readonly string[];
}

export class Documents<Document extends Versioned, Folded extends { readonly version: number }> {
  readonly #kind: Kind<Document, Folded>;
  readonly #documents = new Map<string, Document>();
  /** Full states of those that are not over. */
  readonly #open = new Map<string, Folded>();
  /** Events of histories whose earlier ones are not here yet. */
  readonly #early = new Map<string, PlatformEvent[]>();
  readonly counters: Counters = { events: 0, duplicates: 0, holes: 0, evicted: 0 };

  constructor(kind: Kind<Document, Folded>) {
    this.#kind = kind;
  }

  get size(): number {
    return this.#documents.size;
  }

  get(id: string): Document | undefined {
    return this.#documents.get(id);
  }

  /** Ids of those that are not over, as far as the page knows. */
  openIds(): string[] {
    const { idOf, isOver } = this.#kind;
    return [...this.#documents.values()].filter((one) => !isOver(one)).map(idOf);
  }

  /** Put documents that REST answered beside those folded here: the higher version wins. */
  merge(found: Iterable<Document>): Changes {
    const added: string[] = [];
    for (const document of found) this.#keep(document, added);
    return { added, torn: [] };
  }

  apply(events: Iterable<PlatformEvent>): Changes {
    const added: string[] = [];
    const torn = new Set<string>();
    const { prefix } = this.#kind;
    for (const event of events) {
      if (!event.correlationId.startsWith(prefix)) continue;
      this.counters.events += 1;
      const id = event.correlationId.slice(prefix.length);
      if (!this.#applyOne(id, event, added)) torn.add(id);
    }
    return { added, torn: [...torn] };
  }

  /**
   * Fold a history that was read, and on top of it what came meanwhile.
   *
   * It is torn still when the ledger was behind the stream: read it again shortly.
   */
  heal(id: string, history: Iterable<PlatformEvent>): Changes {
    const added: string[] = [];
    let folded = this.#kind.nothing(this.#documents.get(id)?.incarnation ?? "");
    const known = this.#open.get(id);
    for (const event of inOrder(history)) folded = this.#following(folded, event);
    if (known && known.version > folded.version) folded = known;
    const early = inOrder(this.#early.get(id) ?? []);
    for (const event of early) folded = this.#following(folded, event);
    this.#keepFolded(id, folded, added);
    const last = early.at(-1);
    if (last && last.sequence > folded.version) return { added, torn: [id] };
    this.#early.delete(id);
    return { added, torn: [] };
  }

  /** Forget documents until there is room again, but none of those that are shown. */
  evict(idsOldestFirst: Iterable<string>, isShown: (id: string) => boolean): void {
    for (const id of idsOldestFirst) {
      if (this.#documents.size <= MAX_DOCUMENTS) return;
      if (isShown(id)) continue;
      this.#documents.delete(id);
      this.#open.delete(id);
      this.#early.delete(id);
      this.counters.evicted += 1;
    }
  }

  /** Forget how far open histories were folded: events are missing, so they are read anew. */
  forgetOpen(): void {
    this.#open.clear();
    this.#early.clear();
  }

  /** Return whether the event could be folded or was known. */
  #applyOne(id: string, event: PlatformEvent, added: string[]): boolean {
    const known = this.#documents.get(id);
    const folded = this.#open.get(id) ?? this.#begin(event, known);
    if (event.sequence <= (folded?.version ?? known?.version ?? 0)) {
      this.counters.duplicates += 1;
      return true;
    }
    if (folded === null || event.sequence > folded.version + 1) {
      this.#hold(id, event);
      return false;
    }
    this.#keepFolded(id, this.#drained(id, this.#kind.evolve(folded, event)), added);
    return true;
  }

  #begin(event: PlatformEvent, known: Document | undefined): Folded | null {
    return event.sequence === 1 ? this.#kind.nothing(known?.incarnation ?? "") : null;
  }

  #hold(id: string, event: PlatformEvent): void {
    const early = this.#early.get(id) ?? [];
    if (early.length < MAX_EARLY_EVENTS) early.push(event);
    this.#early.set(id, early);
    this.counters.holes += 1;
  }

  #drained(id: string, folded: Folded): Folded {
    const early = this.#early.get(id);
    if (!early) return folded;
    let drained = folded;
    for (const event of inOrder(early)) drained = this.#following(drained, event);
    const left = early.filter((event) => event.sequence > drained.version);
    if (left.length > 0) this.#early.set(id, left);
    else this.#early.delete(id);
    return drained;
  }

  #keepFolded(id: string, folded: Folded, added: string[]): void {
    const document = this.#kind.documentOf(folded);
    if (document === null) return;
    this.#keep(document, added);
    this.#open.delete(id);
    if (this.#kind.isOver(document)) return;
    this.#open.set(id, folded);
    if (this.#open.size > MAX_OPEN_FOLDS) this.#forgetOldestFold();
  }

  #forgetOldestFold(): void {
    for (const id of this.#open.keys()) {
      this.#open.delete(id);
      return;
    }
  }

  #keep(document: Document, added: string[]): void {
    const id = this.#kind.idOf(document);
    const known = this.#documents.get(id);
    if (!known) added.push(id);
    if (!known || known.version < document.version) this.#documents.set(id, document);
  }

  #following(folded: Folded, event: PlatformEvent): Folded {
    return event.sequence === folded.version + 1 ? this.#kind.evolve(folded, event) : folded;
  }
}

const inOrder = (events: Iterable<PlatformEvent>): PlatformEvent[] =>
  [...events].sort((left, right) => left.sequence - right.sequence);
