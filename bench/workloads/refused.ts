import { Hold, PageClass, PAGEBLOCK_PAGES } from "../../src/core.js";
import { randomSource } from "../measure/random.js";
import { stopwatch } from "../measure/stopwatch.js";
import { ANONYMOUS, freeMemory, scatter } from "./guest-memory.js";
import { GIB, TIB, type Workload } from "./workload.js";

const SEED = 0x4b45524e;
const ATTEMPTS = 2 ** 20;

/**
 * Attempts on subblocks of 2 MiB that are half full, each with one kernel page at a random place,
 * from the highest down as the driver goes: all are refused.
 */
export const refused: Workload = {
  name: "refused",
  operation: "one refused attempt",
  sizes: [GIB, 4 * GIB, 16 * GIB, 64 * GIB],
  largeSizes: [256 * GIB, TIB],
  run(pages) {
    const random = randomSource(SEED);
    const memory = freeMemory(pages);
    const blocks = pages / PAGEBLOCK_PAGES;
    scatter(memory, pages, 0.5, random);
    for (let block = 0; block < blocks; block++) placeKernelPage(memory, block, random);
    const attempt = (count: number): number => {
      let sum = 0;
      for (let index = 0; index < count; index++) {
        const { blockingPfn } = memory.allocContig(
          (blocks - 1 - (index % blocks)) * PAGEBLOCK_PAGES,
          PAGEBLOCK_PAGES,
        );
        sum = (Math.imul(sum, 31) + blockingPfn!) | 0;
      }
      return sum >>> 0;
    };
    attempt(ATTEMPTS / 8);
    const elapsed = stopwatch();
    const checksum = attempt(ATTEMPTS);
    const took = elapsed();
    return [
      { workload: "refused", ...took, ops: ATTEMPTS, bytes: memory.memoryUse().bytes, checksum },
    ];
  },
};

type Memory = ReturnType<typeof freeMemory>;

/** Makes a random used page of a pageblock a slab page. */
function placeKernelPage(memory: Memory, block: number, random: (below: number) => number): void {
  for (;;) {
    const pfn = block * PAGEBLOCK_PAGES + random(PAGEBLOCK_PAGES);
    if (memory.pageState(pfn) !== ANONYMOUS.pageClass) continue;
    memory.setPage(pfn, PageClass.Slab, Hold.None);
    return;
  }
}
