/** Keeps the newest `capacity` items; what falls out is counted rather than hidden. */
export class Ring<Item> {
  readonly #items: Item[] = [];
  #start = 0;
  #dropped = 0;

  constructor(readonly capacity: number) {}

  get size(): number {
    return this.#items.length;
  }

  get dropped(): number {
    return this.#dropped;
  }

  push(item: Item): void {
    if (this.#items.length < this.capacity) {
      this.#items.push(item);
      return;
    }
    this.#items[this.#start] = item;
    this.#start = (this.#start + 1) % this.capacity;
    this.#dropped += 1;
  }

  /** Up to `limit` items, the newest first. */
  latest(limit: number): Item[] {
    const inOrder = [...this.#items.slice(this.#start), ...this.#items.slice(0, this.#start)];
    return inOrder.slice(-limit).reverse();
  }
}
