import type { Allocator } from "../contenders/allocator.js";
import { isLarge, timed, type Measure, type Scale } from "./sequence.js";

const WARM_SEED = 0x12345679;
const SEED = 0x2545f491;

/**
 * churn: a random one of many slots is filled if it is empty, else emptied; chunks of orders 0 to
 * 9, about 72 % of memory in use. One operation is one step.
 */
export function churn(allocator: Allocator, scale: Scale): Measure[] {
  const slots = scale.pages / 8;
  allocator.openSlots(slots);
  allocator.churn(slots, slots * (isLarge(scale) ? 1 : 4), WARM_SEED);
  const measure = timed(allocator, "churn", scale.steps, () =>
    allocator.churn(slots, scale.steps, SEED),
  );
  const failed = allocator.failed();
  if (failed > 0) throw new Error(`churn must find memory, ${failed} allocations failed`);
  return [measure];
}
