/** From the lowest to the highest of some memory blocks, kept up as they come and go. */
export class BlockSpan {
  /** Ids, both inclusive; low > high where there is no memory block. */
  #low = Infinity;
  #high = -Infinity;

  /** First and last id, or undefined where there is no memory block. */
  get ends(): readonly [low: number, high: number] | undefined {
    return this.#low > this.#high ? undefined : [this.#low, this.#high];
  }

  add(id: number): void {
    this.#low = Math.min(this.#low, id);
    this.#high = Math.max(this.#high, id);
  }

  /**
   * A memory block of the span has gone. Where it was an end, the span shrinks to the next one.
   *
   * @param remains - is this one still there?
   */
  remove(id: number, remains: (id: number) => boolean): void {
    if (id === this.#low) while (this.#low <= this.#high && !remains(this.#low)) this.#low++;
    if (id === this.#high) while (this.#low <= this.#high && !remains(this.#high)) this.#high--;
    if (this.#low <= this.#high) return;
    this.#low = Infinity;
    this.#high = -Infinity;
  }
}
