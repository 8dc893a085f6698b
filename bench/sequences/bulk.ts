import type { Allocator } from "../contenders/allocator.js";
import { isLarge, timed, type Measure, type Scale } from "./sequence.js";

/**
 * bulk_alloc, bulk_free: all memory is allocated, then freed in the same order. One operation is
 * one allocation or one free. The second time counts, when all metadata has been touched; at order
 * 0 of large memory the first.
 */
export function bulk(allocator: Allocator, order: number, scale: Scale): Measure[] {
  const chunks = scale.pages / 2 ** order;
  if (!isLarge(scale) || order > 0) {
    allocator.fill(order, chunks);
    allocator.drain(order, 0, chunks);
  }
  return [
    timed(allocator, `bulk_alloc_o${order}`, chunks, () => allocator.fill(order, chunks)),
    timed(allocator, `bulk_free_o${order}`, chunks, () => {
      allocator.drain(order, 0, chunks);
      return 0;
    }),
  ];
}
