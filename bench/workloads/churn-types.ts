import { Migratetype, PageClass, type PageRequest } from "../../src/core.js";
import { randomSource } from "../measure/random.js";
import { stopwatch } from "../measure/stopwatch.js";
import { freeMemory } from "./guest-memory.js";
import { GIB, TIB, type Workload } from "./workload.js";

const SEED = 0x54595045;
const STEPS = 2 ** 22;

/** Slots by what they ask for: of 16 slots 12 want movable, 3 unmovable and 1 reclaimable pages. */
const REQUESTS: readonly PageRequest[] = [
  ...Array.from({ length: 12 }, () => requestOf(Migratetype.Movable, PageClass.Anon)),
  ...Array.from({ length: 3 }, () => requestOf(Migratetype.Unmovable, PageClass.Slab)),
  requestOf(Migratetype.Reclaimable, PageClass.Slab),
];

function requestOf(type: Migratetype, pageClass: PageClass): PageRequest {
  return { order: 0, type, pageClass, kind: "Normal", node: 0 };
}

/**
 * A random slot of as many as there are pages is filled if it is empty, else emptied: order-0 pages
 * of three migratetypes, one call each, in memory that is a third full.
 */
export const churnTypes: Workload = {
  name: "churn_types",
  operation: "one page allocated or freed",
  sizes: [GIB, 4 * GIB, 16 * GIB, 64 * GIB],
  largeSizes: [256 * GIB, TIB],
  run(pages) {
    const random = randomSource(SEED);
    const memory = freeMemory(pages);
    const slots = new Int32Array(pages).fill(-1);
    let checksum = 0;
    const step = (): void => {
      const slot = random(pages);
      const held = slots[slot]!;
      if (held >= 0) {
        memory.free(held, 0);
        slots[slot] = -1;
        return;
      }
      const pfn = memory.tryAlloc(REQUESTS[slot % 16]!);
      if (pfn === undefined) return;
      slots[slot] = pfn;
      checksum = (Math.imul(checksum, 31) + pfn) | 0;
    };
    for (let at = 0; at < pages; at++) step();
    const elapsed = stopwatch();
    for (let at = 0; at < STEPS; at++) step();
    const took = elapsed();
    return [
      {
        workload: "churn_types",
        ...took,
        ops: STEPS,
        bytes: memory.memoryUse().bytes,
        checksum: checksum >>> 0,
      },
    ];
  },
};
