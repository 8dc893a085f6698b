import { Migratetype, PageClass, PAGEBLOCK_PAGES, AllocFlag } from "../../src/core.js";
import { micro } from "../measure/micro.js";
import { randomSource } from "../measure/random.js";

import { freeMemory } from "./guest-memory.js";
import { GIB, LARGEST, TIB, type Workload } from "./workload.js";

const SEED = 0x52454d56;
const ITERATIONS = 20;

/**
 * Which of all subblocks of 2 MiB could go? A quarter of them hold kernel pages. From the
 * pageblocks' summaries, into a bitmap.
 */
export const removable: Workload = {
  name: "removable",
  operation: "one look at the whole device",
  sizes: [GIB, 4 * GIB, 16 * GIB, 64 * GIB, 256 * GIB, TIB, 4 * TIB, LARGEST],
  run(pages) {
    const memory = freeMemory(pages);
    const blocks = pages / PAGEBLOCK_PAGES;
    // a small device is looked at more often, for the sake of the clock
    const looks = Math.ceil(TIB / pages);
    const random = randomSource(SEED);
    const request = {
      order: 9,
      type: Migratetype.Movable,
      pageClass: PageClass.Kernel,
      kind: "Normal" as const,
      node: 0,
      flags: AllocFlag.Compound,
    };
    const taken: number[] = [];
    for (let block = 0; block < blocks; block++) taken.push(memory.tryAlloc(request)!);
    for (const pfn of taken) if (random(4) > 0) memory.free(pfn, 9);
    const bitmap = memory.createBitmap(blocks);
    let checksum = 0;
    const took = micro(() => {
      for (let look = 0; look < looks; look++) {
        checksum = memory.countRemovable(0, 1, blocks, bitmap);
      }
    }, ITERATIONS);
    if (checksum !== bitmap.count()) throw new Error("count and bitmap must agree");
    return [
      { workload: "removable", ...took, ops: looks, bytes: memory.memoryUse().bytes, checksum },
    ];
  },
};
