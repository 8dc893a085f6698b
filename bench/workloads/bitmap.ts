import type { Bitmap } from "../../src/core/bitmap.js";
import { micro } from "../measure/micro.js";
import { randomSource } from "../measure/random.js";
import { freeMemory } from "./guest-memory.js";
import { GIB, TIB, type Result, type Workload } from "./workload.js";

const SEED = 0x9e3779b9;
const ITERATIONS = 20;

/**
 * Searches in a bitmap with a bit per page: the first set bit, where only the last is set; how many
 * are set, and the longest run, among runs of 1 to 1023 bits; the longest run among such of 1 to 15
 * bits. bench/native/bitmap.c does the same.
 */
export const bitmap: Workload = {
  name: "bitmap",
  operation: "one search of the whole bitmap",
  sizes: [64 * GIB, TIB],
  native: "bitmap",
  run(bits) {
    const map = freeMemory(GIB).createBitmap(bits);
    const results: Result[] = [];
    const measure = (workload: string, search: () => number): void => {
      let checksum = 0;
      const took = micro(() => {
        checksum = search();
      }, ITERATIONS);
      results.push({ workload, ...took, ops: 1, bytes: bits / 8, checksum: checksum >>> 0 });
    };
    map.write(bits - 1, 1, true);
    measure("bitmap_first", () => map.next(0, true)!);
    fillRuns(map, 1023);
    measure("bitmap_count", () => map.count());
    measure("bitmap_longest", () => longest(map));
    fillRuns(map, 15);
    measure("bitmap_longest_short", () => longest(map));
    return results;
  },
};

/** Clear and set runs of 1 to `longestRun` bits in turns. */
function fillRuns(map: Bitmap, longestRun: number): void {
  const random = randomSource(SEED);
  map.write(0, map.length, false);
  for (let at = 0, set = false; at < map.length; set = !set) {
    const length = Math.min(1 + random(longestRun), map.length - at);
    if (set) map.write(at, length, true);
    at += length;
  }
}

function longest(map: Bitmap): number {
  const { start, length } = map.longestRun(true)!;
  return length * 31 + start;
}
