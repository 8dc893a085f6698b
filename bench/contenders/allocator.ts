/** What the sequences run on. Handles are kept by the contender. */
export interface Allocator {
  /**
   * Everything is free again, in chunks of order 10 by ascending address, and no handle is held.
   */
  reset(): void;
  /**
   * Allocates `count` chunks into handles 0 to `count` - 1. Returns a checksum of their first
   * pages, in order.
   */
  fill(order: number, count: number): number;
  /** Frees handles `from` to `end` - 1 in order. The handles before `from` have been freed. */
  drain(order: number, from: number, end: number): void;
  /** Allocates and frees one chunk, `count` times. Returns the sum of the pages, modulo 2^32. */
  repeat(order: number, count: number): number;
  /**
   * Makes the first `count` of `all` handles a random subset in random order: a partial
   * Fisher-Yates shuffle.
   */
  shuffle(count: number, all: number, seed: number): void;
  /** Empties `slots` handles for {@link churn}. */
  openSlots(slots: number): void;
  /**
   * Toggles a random one of `slots` (a power of two) handles, `steps` times. Returns a checksum of
   * what was allocated.
   */
  churn(slots: number, steps: number, seed: number): number;
  /** Allocations of {@link churn} that found no chunk. */
  failed(): number;
  /** Bytes of metadata in use, without the handles. */
  bytes(): number;
}
