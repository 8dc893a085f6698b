import type { Allocator } from "../contenders/allocator.js";
import { bulk } from "./bulk.js";
import { churn } from "./churn.js";
import { hot } from "./hot.js";
import { randFree } from "./rand-free.js";
import { repeat } from "./repeat.js";
import { ORDERS, type Measure, type Scale } from "./sequence.js";

/** Names of the eleven sequences, in the order in which they run. */
export const SEQUENCES: readonly string[] = [
  ...ORDERS.flatMap((order) =>
    ["bulk_alloc", "bulk_free", "rand_free", "repeat", "hot"].map((name) => `${name}_o${order}`),
  ),
  "churn",
];

/**
 * Runs the wanted sequences in their order on one allocator; each leaves everything free. What a
 * sequence finds in the lists is what those before it left there.
 */
export function runSequences(
  allocator: Allocator,
  scale: Scale,
  wanted: ReadonlySet<string>,
): Measure[] {
  const measures: Measure[] = [];
  const add = (names: readonly string[], run: () => Measure[]): void => {
    if (!names.some((name) => wanted.has(name))) return;
    measures.push(...run().filter(({ workload }) => wanted.has(workload)));
  };
  for (const order of ORDERS) {
    add([`bulk_alloc_o${order}`, `bulk_free_o${order}`], () => bulk(allocator, order, scale));
    add([`rand_free_o${order}`], () => randFree(allocator, order, scale));
    add([`repeat_o${order}`], () => repeat(allocator, order, scale));
    add([`hot_o${order}`], () => hot(allocator, order, scale));
  }
  add(["churn"], () => churn(allocator, scale));
  return measures;
}
