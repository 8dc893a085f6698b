import type { Allocator } from "../contenders/allocator.js";
import { repeatTimed } from "./repeat.js";
import type { Measure, Scale } from "./sequence.js";

/**
 * hot: the same as repeat while one chunk of the order is held, so that its buddy lies on the list:
 * no split, no merge. One operation is an allocation or a free.
 */
export function hot(allocator: Allocator, order: number, scale: Scale): Measure[] {
  allocator.fill(order, 1);
  const measure = repeatTimed(allocator, `hot_o${order}`, order, scale);
  allocator.drain(order, 0, 1);
  return [measure];
}
