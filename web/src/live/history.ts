/**
 * The history of one intent or signal as the page has it: events from the first on without a hole.
 *
 * It comes from three sides, the stream's ring, the stream and the ledger, in any order and several
 * times. While an event is known of whose predecessors are not here, the ledger is read again: what
 * came before the subscription, or fell into a gap of the stream, comes from nowhere else.
 */
import type { PlatformEvent } from "../generated/contracts";
import { Refusal } from "./rest";

export const HEALING_MS = 400;
/** How often one is looked for of which there is nothing. */
export const LOOKING_MS = 2_000;

/** Where events come from, and up to which sequence they are known to exist. */
export interface Sources {
  history(): Promise<readonly PlatformEvent[]>;
  /** The version of the newest document of it; 0 while there is none. */
  knownVersion(): number;
}

export type Finding = "reading" | "found" | "unknown" | "unreachable";

export interface Reading {
  readonly events: readonly PlatformEvent[];
  readonly finding: Finding;
}

/** Not an id, or that of none. */
const NONE_SUCH: ReadonlySet<number> = new Set([400, 404]);
const NOTHING: Reading = { events: [], finding: "reading" };

export class LiveHistory {
  readonly #sources: Sources;
  readonly #listeners = new Set<() => void>();
  /** Events by sequence, those behind a hole as well. */
  readonly #known = new Map<number, PlatformEvent>();
  #reading = NOTHING;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  #isRunning = false;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly reading = (): Reading => this.#reading;

  start(): void {
    this.#isRunning = true;
    void this.#ask();
  }

  stop(): void {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Take events of the stream. */
  add(events: Iterable<PlatformEvent>): void {
    if (this.#keep(events)) this.#say("found");
    this.look();
  }

  /** Read the ledger again if anything is missing. */
  readonly look = (): void => {
    if (this.#isRunning && !this.#isAsking && this.#isTorn) this.#askIn(HEALING_MS);
  };

  get #isTorn(): boolean {
    const length = this.#reading.events.length;
    return this.#known.size > length || this.#sources.knownVersion() > length;
  }

  #keep(events: Iterable<PlatformEvent>): boolean {
    const before = this.#known.size;
    for (const event of events) {
      if (!this.#known.has(event.sequence)) this.#known.set(event.sequence, published(event));
    }
    return this.#known.size > before;
  }

  #askIn(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#ask();
    }, delayMs);
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    const answer = await this.#sources.history().catch((error: unknown) => error as Error);
    this.#isAsking = false;
    if (!this.#isRunning) return;
    if (answer instanceof Error) this.#miss(answer);
    else this.#find(answer);
  }

  #find(events: readonly PlatformEvent[]): void {
    this.#keep(events);
    this.#say("found");
    if (this.#isTorn) this.#askIn(HEALING_MS);
    else if (this.#known.size === 0) this.#askIn(LOOKING_MS);
  }

  #miss(error: Error): void {
    const isUnknown = error instanceof Refusal && NONE_SUCH.has(error.problem.status);
    if (this.#known.size === 0) this.#say(isUnknown ? "unknown" : "unreachable");
    this.#askIn(LOOKING_MS);
  }

  #say(finding: Finding): void {
    this.#reading = { finding, events: withoutHoles(this.#known) };
    for (const listener of this.#listeners) listener();
  }
}

function withoutHoles(known: ReadonlyMap<number, PlatformEvent>): readonly PlatformEvent[] {
  const events: PlatformEvent[] = [];
  for (let event = known.get(1); event; event = known.get(event.sequence + 1)) events.push(event);
  return events;
}

/** The event as it was published: its place in the stream is none of its own fields. */
function published(event: PlatformEvent): PlatformEvent {
  if (!("streamSequence" in event)) return event;
  const { streamSequence: _, ...envelope } = event as PlatformEvent & { streamSequence: unknown };
  return envelope as PlatformEvent;
}
