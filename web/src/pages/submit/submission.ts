/**
 * Sends an intent so that it is never made twice.
 *
 * Every submission has a key, which is kept in the tab before anything is sent. Whatever is not
 * certainly refused may have been kept: it stays here, also over a reload, until the gateway says
 * what became of it under the same key, or a person sets it aside. Nothing else is sent meanwhile.
 */
import { create } from "zustand";
import type { Intent, SubmittedIntent } from "../../generated/rest";
import { Refusal } from "../../live/rest";

/** The gateway remembers a key for 24 hours; later, to repeat is to submit anew. */
export const REPEATABLE_MS = 12 * 3_600_000;
export const STORED_AS = "submission";

/** Codes of refusals by a gateway that kept nothing, beside all that are the caller's fault. */
const NOTHING_KEPT: ReadonlySet<string> = new Set([
  "STORE_UNAVAILABLE",
  "OVERLOADED",
  "AUTHENTICATION_UNAVAILABLE",
  "TOO_MANY_CONNECTIONS",
]);

export interface Submission {
  readonly key: string;
  readonly intent: Intent;
  /** When it was sent first, in milliseconds of the epoch. */
  readonly sentAt: number;
  /** Where the gateway said which it would be. */
  readonly intentId: string | null;
}

export interface Standing {
  readonly isSending: boolean;
  /** What may or may not be kept; null where nothing is in doubt. */
  readonly doubted: Submission | null;
}

/** Another submission is in doubt, or under way. */
export class Occupied extends Error {}

export type Post = (intent: Intent, key: string) => Promise<SubmittedIntent>;
export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export class Submissions {
  readonly use;
  readonly #post: Post;
  readonly #shelf: Shelf;
  readonly #now: () => number;

  constructor(post: Post, shelf: Shelf, now: () => number = Date.now) {
    this.#post = post;
    this.#shelf = shelf;
    this.#now = now;
    this.use = create<Standing>()(() => ({ isSending: false, doubted: stored(shelf) }));
  }

  /** Submit an intent, or the doubted one again. What is thrown says whether it is in doubt now. */
  submit(intent: Intent): Promise<SubmittedIntent> {
    const { doubted } = this.use.getState();
    if (doubted !== null && !isSame(doubted.intent, intent)) {
      return Promise.reject(new Occupied("another submission is in doubt"));
    }
    const begun = { key: newKey(), intent, sentAt: this.#now(), intentId: null };
    return this.#send(doubted ?? begun, doubted !== null);
  }

  /** Ask the gateway again about what is in doubt. */
  repeat(): Promise<SubmittedIntent> {
    const { doubted } = this.use.getState();
    if (doubted === null) return Promise.reject(new Occupied("nothing is in doubt"));
    return this.submit(doubted.intent);
  }

  /** Leave what is in doubt to whoever looks for it. */
  setAside(): void {
    this.#settle();
  }

  isRepeatable(submission: Submission): boolean {
    return this.#now() - submission.sentAt < REPEATABLE_MS;
  }

  async #send(submission: Submission, wasDoubted: boolean): Promise<SubmittedIntent> {
    if (this.use.getState().isSending) throw new Occupied("a submission is under way");
    this.use.setState({ isSending: true });
    this.#shelf.setItem(STORED_AS, JSON.stringify(submission));
    try {
      const kept = await this.#post(submission.intent, submission.key);
      this.#settle();
      return kept;
    } catch (error) {
      if (wasDoubted || mayBeKept(error)) this.#doubt(submission, error);
      else this.#settle();
      throw error;
    }
  }

  #settle(): void {
    this.#shelf.removeItem(STORED_AS);
    this.use.setState({ isSending: false, doubted: null });
  }

  #doubt(submission: Submission, error: unknown): void {
    const doubted = { ...submission, intentId: intentIdOf(error) ?? submission.intentId };
    this.#shelf.setItem(STORED_AS, JSON.stringify(doubted));
    this.use.setState({ isSending: false, doubted });
  }
}

/** Whether what was sent may be kept, although it was not answered with success. */
export function mayBeKept(error: unknown): boolean {
  if (!(error instanceof Refusal)) return true;
  const { status, code } = error.problem;
  return status >= 500 && !NOTHING_KEPT.has(code);
}

/** Some problems name the intent that it would be. */
function intentIdOf(error: unknown): string | null {
  if (!(error instanceof Refusal)) return null;
  const named = new Map<string, unknown>(Object.entries(error.problem)).get("intent_id");
  return typeof named === "string" ? named : null;
}

const isSame = (left: Intent, right: Intent): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

function stored(shelf: Shelf): Submission | null {
  const text = shelf.getItem(STORED_AS);
  if (text === null) return null;
  try {
    const found: Submission = JSON.parse(text);
    return typeof found.key === "string" && typeof found.sentAt === "number" ? found : null;
  } catch {
    return null;
  }
}

const KEY_BYTES = 16;

/** `crypto.randomUUID` is there on secure origins only, and a gateway may be on none. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return `dashboard-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
