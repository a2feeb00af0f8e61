/**
 * Answers to questions that come faster than they can be answered: one is asked at a time, of those
 * that wait the newest alone, and what was answered once is not asked again.
 */

export interface Reading<Answer> {
  /** The newest answer; to the newest question once `isAsking` is false. */
  readonly answer: Answer | null;
  /** Why the newest question was not answered. */
  readonly error: unknown;
  readonly isAsking: boolean;
}

export const MAX_KEPT = 500;

export class Latest<Answer> {
  readonly #ask: (question: number) => Promise<Answer>;
  readonly #kept = new Map<number, Answer>();
  readonly #listeners = new Set<() => void>();
  #reading: Reading<Answer> = { answer: null, error: null, isAsking: false };
  /** The newest question, until it is answered. */
  #wanted: number | null = null;
  #isRunning = false;

  constructor(ask: (question: number) => Promise<Answer>) {
    this.#ask = ask;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly reading = (): Reading<Answer> => this.#reading;

  want(question: number): void {
    const kept = this.#kept.get(question);
    if (kept !== undefined) {
      this.#wanted = null;
      this.#say({ answer: kept, error: null, isAsking: false });
      return;
    }
    this.#wanted = question;
    this.#say({ ...this.#reading, error: null, isAsking: true });
    if (!this.#isRunning) void this.#run();
  }

  /** Keep an answer that came by another way. */
  keep(question: number, answer: Answer): void {
    this.#kept.set(question, answer);
    if (this.#kept.size <= MAX_KEPT) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      return;
    }
  }

  /** Forget what was answered: what it was about is not the same any more. */
  forget(): void {
    this.#kept.clear();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#wanted !== null) {
      const question = this.#wanted;
      try {
        const answer = await this.#ask(question);
        this.keep(question, answer);
        this.#answered(question, answer, null);
      } catch (error) {
        this.#answered(question, this.#reading.answer, error);
      }
    }
    this.#isRunning = false;
  }

  #answered(question: number, answer: Answer | null, error: unknown): void {
    // Somebody went back to what was known meanwhile.
    if (this.#wanted === null) return;
    const isNewest = this.#wanted === question;
    if (isNewest) this.#wanted = null;
    this.#say({ answer, error: isNewest ? error : null, isAsking: !isNewest });
  }

  #say(reading: Reading<Answer>): void {
    this.#reading = reading;
    for (const listener of this.#listeners) listener();
  }
}
