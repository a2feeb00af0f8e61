/**
 * What the page knows of intents: documents that REST answered and that were folded from events.
 *
 * Each document carries the sequence of the last event in it, so both sources merge without a lock
 * or a common snapshot. Events may come twice, late or not at all; a hole is healed by reading the
 * history. No state is ever guessed.
 */
import type { IntentDocument, PlatformEvent } from "../generated/contracts";
import { INTENT } from "../generated/lifecycles";
import { evolve, type Folded, nothingFolded } from "../model/fold";

export const MAX_DOCUMENTS = 20_000;
export const MAX_OPEN_FOLDS = 5_000;
export const MAX_EARLY_EVENTS = 64;

const PREFIX = "intent-";

export interface Counters {
  events: number;
  duplicates: number;
  holes: number;
  evicted: number;
}

/** What changed by a batch of events or a page of documents. */
export interface Changes {
  /** Ids of intents that were not known before. */
  readonly added: readonly string[];
  /** Ids of intents whose beginning is missing: their history has to be read. */
  readonly torn: readonly string[];
}

export const isOver = (document: IntentDocument): boolean => INTENT.terminal.has(document.state);

export class IntentDocuments {
  readonly #documents = new Map<string, IntentDocument>();
  /** Full states of intents that are not over. */
  readonly #open = new Map<string, Folded>();
  /** Events of intents whose earlier ones are not here yet. */
  readonly #early = new Map<string, PlatformEvent[]>();
  readonly counters: Counters = { events: 0, duplicates: 0, holes: 0, evicted: 0 };

  get size(): number {
    return this.#documents.size;
  }

  get(id: string): IntentDocument | undefined {
    return this.#documents.get(id);
  }

  /** Ids of the intents that are not over, as far as the page knows. */
  openIds(): string[] {
    return [...this.#documents.values()].filter((one) => !isOver(one)).map((one) => one.intent_id);
  }

  /** Put documents that REST answered beside those folded here: the higher version wins. */
  merge(found: Iterable<IntentDocument>): Changes {
    const added: string[] = [];
    for (const document of found) this.#keep(document, added);
    return { added, torn: [] };
  }

  apply(events: Iterable<PlatformEvent>): Changes {
    const added: string[] = [];
    const torn = new Set<string>();
    for (const event of events) {
      if (!event.correlationId.startsWith(PREFIX)) continue;
      this.counters.events += 1;
      const id = event.correlationId.slice(PREFIX.length);
      if (!this.#applyOne(id, event, added)) torn.add(id);
    }
    return { added, torn: [...torn] };
  }

  /**
   * Fold a history that was read, and on top of it what came meanwhile.
   *
   * The intent is torn still when the ledger was behind the stream: read it again shortly.
   */
  heal(id: string, history: Iterable<PlatformEvent>): Changes {
    const added: string[] = [];
    let folded = nothingFolded(this.#documents.get(id)?.incarnation ?? "");
    const known = this.#open.get(id);
    for (const event of inOrder(history)) folded = following(folded, event);
    if (known && known.version > folded.version) folded = known;
    const early = inOrder(this.#early.get(id) ?? []);
    for (const event of early) folded = following(folded, event);
    this.#keepFolded(id, folded, added);
    const last = early.at(-1);
    if (last && last.sequence > folded.version) return { added, torn: [id] };
    this.#early.delete(id);
    return { added, torn: [] };
  }

  /** Forget intents until there is room again, but none of those that are shown. */
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

  /** Forget how far open intents were folded: events are missing, so they are read anew. */
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
    this.#keepFolded(id, this.#drained(id, evolve(folded, event)), added);
    return true;
  }

  #begin(event: PlatformEvent, known: IntentDocument | undefined): Folded | null {
    return event.sequence === 1 ? nothingFolded(known?.incarnation ?? "") : null;
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
    const drained = inOrder(early).reduce(following, folded);
    const left = early.filter((event) => event.sequence > drained.version);
    if (left.length > 0) this.#early.set(id, left);
    else this.#early.delete(id);
    return drained;
  }

  #keepFolded(id: string, folded: Folded, added: string[]): void {
    if (folded.intent === null) return;
    this.#keep(folded.intent, added);
    this.#open.delete(id);
    if (isOver(folded.intent)) return;
    this.#open.set(id, folded);
    if (this.#open.size > MAX_OPEN_FOLDS) this.#forgetOldestFold();
  }

  #forgetOldestFold(): void {
    for (const id of this.#open.keys()) {
      this.#open.delete(id);
      return;
    }
  }

  #keep(document: IntentDocument, added: string[]): void {
    const known = this.#documents.get(document.intent_id);
    if (!known) added.push(document.intent_id);
    if (!known || known.version < document.version) {
      this.#documents.set(document.intent_id, document);
    }
  }
}

const inOrder = (events: Iterable<PlatformEvent>): PlatformEvent[] =>
  [...events].sort((left, right) => left.sequence - right.sequence);

const following = (folded: Folded, event: PlatformEvent): Folded =>
  event.sequence === folded.version + 1 ? evolve(folded, event) : folded;
