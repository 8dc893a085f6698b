import type { Allocator } from "../contenders/allocator.js";
import { isLarge, timed, type Measure, type Scale } from "./sequence.js";

const SEED = 0x9e3779b9;
const LARGE_SUBSET = 2 ** 23;

/**
 * rand_free: all memory is allocated, then freed in random order; at order 0 of large memory a
 * random subset counts. One operation is one free.
 */
export function randFree(allocator: Allocator, order: number, scale: Scale): Measure[] {
  const chunks = scale.pages / 2 ** order;
  const counted = isLarge(scale) && order === 0 ? LARGE_SUBSET : chunks;
  allocator.fill(order, chunks);
  allocator.shuffle(counted, chunks, SEED);
  const measure = timed(allocator, `rand_free_o${order}`, counted, () => {
    allocator.drain(order, 0, counted);
    return 0;
  });
  allocator.drain(order, counted, chunks);
  return [measure];
}
