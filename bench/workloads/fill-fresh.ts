import { stopwatch } from "../measure/stopwatch.js";
import { ANONYMOUS, freeMemory } from "./guest-memory.js";
import { GIB, LARGEST, TIB, type Workload } from "./workload.js";

const WARM_UPS = 100;

/**
 * All memory of a guest that has just booted is allocated, as single pages, by one call of
 * allocBulk().
 */
export const fillFresh: Workload = {
  name: "fill_fresh",
  operation: "one page allocated",
  sizes: [GIB, 4 * GIB, 16 * GIB, 64 * GIB, 256 * GIB, TIB, 4 * TIB, LARGEST],
  run(pages) {
    for (let round = 0; round < WARM_UPS; round++) freeMemory(GIB).allocBulk(GIB, ANONYMOUS, []);
    const memory = freeMemory(pages);
    const runs: [number, number][] = [];
    const elapsed = stopwatch();
    const got = memory.allocBulk(pages, ANONYMOUS, runs);
    const took = elapsed();
    if (got !== pages) throw new Error(`all ${pages} pages must be had, got ${got}`);
    const { bytes } = memory.memoryUse();
    return [{ workload: "fill_fresh", ...took, ops: pages, bytes, checksum: runs.length }];
  },
};
