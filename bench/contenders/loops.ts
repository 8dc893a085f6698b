import type { Allocator } from "./allocator.js";

/** One chunk at a time. */
export interface Buddy {
  /** First page of a free chunk, or {@link NONE}. */
  readonly take: (order: number) => number;
  readonly give: (page: number, order: number) => void;
  /** Everything is free again, as freshly booted. */
  reset(): void;
  bytes(): number;
}

export const NONE = -1;

/** Order that a slot of churn() asks for: 40 of 64 slots for order 0, and so on. */
const SLOT_ORDERS = Uint8Array.from(
  [40, 8, 6, 4, 3, 2, 0, 0, 0, 1].flatMap((slots, order) => Array<number>(slots).fill(order)),
);

/** The loops of the sequences in TypeScript, one call for each operation. */
export function loopsOver(buddy: Buddy, pages: number): Allocator {
  const { take, give } = buddy;
  const handles = new Int32Array(pages);
  let failed = 0;
  const reset = (): void => {
    handles.fill(NONE);
    buddy.reset();
  };
  reset();
  return {
    reset,
    fill(order, count) {
      let sum = 0;
      for (let index = 0; index < count; index++) {
        const page = take(order);
        handles[index] = page;
        sum = ((sum << 5) | (sum >>> 27)) ^ page;
      }
      return sum >>> 0;
    },
    drain(order, from, end) {
      for (let index = from; index < end; index++) {
        const page = handles[index]!;
        if (page !== NONE) give(page, order);
      }
    },
    repeat(order, count) {
      let sum = 0;
      for (let index = 0; index < count; index++) {
        const page = take(order);
        sum = (sum + page) | 0;
        give(page, order);
      }
      return sum >>> 0;
    },
    shuffle(count, all, seed) {
      let random = seed;
      for (let index = 0; index < count; index++) {
        random = nextRandom(random);
        const other = index + ((random >>> 0) % (all - index));
        const page = handles[index]!;
        handles[index] = handles[other]!;
        handles[other] = page;
      }
    },
    openSlots(slots) {
      handles.fill(NONE, 0, slots);
      failed = 0;
    },
    churn(slots, steps, seed) {
      let random = seed;
      let sum = 0;
      for (let step = 0; step < steps; step++) {
        random = nextRandom(random);
        const slot = (random >>> 3) & (slots - 1);
        const order = SLOT_ORDERS[slot & 63]!;
        const held = handles[slot]!;
        if (held !== NONE) {
          give(held, order);
          handles[slot] = NONE;
          continue;
        }
        const page = take(order);
        handles[slot] = page;
        sum = (Math.imul(sum, 31) + page) | 0;
        if (page === NONE) failed++;
      }
      return sum >>> 0;
    },
    failed: () => failed,
    bytes: () => buddy.bytes(),
  };
}

/** xorshift32 */
function nextRandom(state: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  return state ^ (state << 5);
}
