import { PAGEBLOCK_SIZE } from "../core/abi.js";
import type { Sample } from "./result.js";
import type { Controller } from "./scenario.js";

/** Of the memory that is free in huge pages, what the host counts on. */
const TRUSTED_SHARE = 0.9;
/** Orders of chunks that hold a huge page. */
const HUGE_ORDERS: readonly (readonly [order: number, hugePages: number])[] = [
  [9, 1],
  [10, 2],
];

/**
 * What a host asks for that follows the guest's free huge pages, as HyperAlloc's comparison does it (EuroSys'25, vm_resize.py).
 *
 * @returns the new size; the same where nothing changes.
 */
export function nextRequest(
  { step, least, most }: Controller,
  requestedSize: number,
  freeChunks: Sample["freeChunks"],
): number {
  const huge = HUGE_ORDERS.reduce((sum, [order, nr]) => sum + nr * (freeChunks[order] ?? 0), 0);
  const free = huge * PAGEBLOCK_SIZE * TRUSTED_SHARE;
  const change = free < step / 2 ? 2 * step : free < step ? step : free > 2 * step ? -step : 0;
  return Math.min(Math.max(requestedSize + change, least), most);
}
