/** Which keys do what: single ones, and pairs such as `g i`. */

export interface Binding {
  /** As `KeyboardEvent.key` says it; two of them with a space between are pressed in turn. */
  readonly key: string;
  /** What it does, for the list of keys. */
  readonly does: string;
  readonly act: () => void;
}

/** How long the second key of a pair may take. */
export const PAIR_MS = 1_500;

export class Keymap {
  readonly #bindings: Binding[] = [];
  #first = "";
  #firstAt = 0;

  get bindings(): readonly Binding[] {
    return this.#bindings;
  }

  /** Return what takes it away again. The newest binding of a key is the one that counts. */
  bind(binding: Binding): () => void {
    this.#bindings.push(binding);
    return () => {
      const place = this.#bindings.indexOf(binding);
      if (place >= 0) this.#bindings.splice(place, 1);
    };
  }

  /** Return what the key does now; null where it does nothing, or where it begins a pair. */
  press(key: string, nowMs: number): Binding | null {
    const isSecond = this.#first !== "" && nowMs - this.#firstAt <= PAIR_MS;
    const pressed = isSecond ? `${this.#first} ${key}` : key;
    this.#first = "";
    const found = this.#bindings.findLast((binding) => binding.key === pressed);
    if (found !== undefined) return found;
    if (!isSecond && this.#bindings.some((binding) => binding.key.startsWith(`${key} `))) {
      this.#first = key;
      this.#firstAt = nowMs;
    }
    return null;
  }
}
