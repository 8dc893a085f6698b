import type { Sample, ScenarioResult } from "../scenario/result.js";
import { csvTable } from "./csv.js";

const COLUMNS: readonly (readonly [string, (sample: Sample) => number])[] = [
  ["at_ms", ({ atMs }) => atMs],
  ["requested_bytes", ({ requestedSize }) => requestedSize],
  ["plugged_bytes", ({ pluggedSize }) => pluggedSize],
  ["used_bytes", ({ usedSize }) => usedSize],
  ["free_bytes", ({ freeSize }) => freeSize],
  ["kernel_free_bytes", ({ kernelFreeSize }) => kernelFreeSize],
  ["retries", ({ retries }) => retries],
  ["migrated_pages", ({ migratedPages }) => migratedPages],
  ["dropped_pages", ({ droppedPages }) => droppedPages],
  ["attempts", ({ attempts }) => attempts],
  ["failed_attempts", ({ failedAttempts }) => failedAttempts],
  ["failed_allocations", ({ failedAllocations }) => failedAllocations],
  ["unusable_index", ({ unusableIndex }) => unusableIndex],
  ["largest_free_run_bytes", ({ largestFreeRun }) => largestFreeRun],
];

/**
 * The samples as a table: a line each, numbers only, bytes and milliseconds.
 *
 * @param result - From {@link runScenario}.
 *
 * @example
 * ```js
 * import { runScenario, scenarioCsv, scenarioOf } from "virtio-mem-engine";
 *
 * const scenario = scenarioOf({ duration: "5s", device: { regionSize: "1GiB" } });
 * const [head] = scenarioCsv(await runScenario(scenario).result()).split("\n");
 * console.log(head.split(",").length > 5); // true
 * ```
 */
export function scenarioCsv({ samples, workloads }: ScenarioResult): string {
  const orders = Array.from({ length: 11 }, (_, order) => `free_order_${order}`);
  const head = [
    ...COLUMNS.map(([name]) => name),
    ...orders,
    ...workloads.map(({ name }) => `held_bytes ${name}`),
  ];
  const rows = samples.map((sample) => [
    ...COLUMNS.map(([, of]) => of(sample)),
    ...sample.freeChunks,
    ...sample.held,
  ]);
  return csvTable(head, rows);
}
