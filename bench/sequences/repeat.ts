import type { Allocator } from "../contenders/allocator.js";
import { timed, type Measure, type Scale } from "./sequence.js";

/**
 * repeat: one chunk is allocated and freed again and again while everything is free: the longest
 * split and merge. One operation is an allocation or a free.
 */
export function repeat(allocator: Allocator, order: number, scale: Scale): Measure[] {
  return [repeatTimed(allocator, `repeat_o${order}`, order, scale)];
}

export function repeatTimed(
  allocator: Allocator,
  workload: string,
  order: number,
  { repeats }: Scale,
): Measure {
  allocator.repeat(order, repeats / 16);
  return timed(allocator, workload, repeats * 2, () => allocator.repeat(order, repeats));
}
