import { PAGEBLOCK_PAGES } from "../../src/core.js";
import { randomSource } from "../measure/random.js";
import { stopwatch } from "../measure/stopwatch.js";
import { freeMemory, permutation, scatter } from "./guest-memory.js";
import { GIB, TIB, type Result, type Workload } from "./workload.js";

const SEED = 0x434f4e54;
/** Share of the pageblocks that are taken: less than the free memory, at any occupancy. */
const SHARE = 1 / 16;
const OCCUPANCIES = [10, 50, 90] as const;
/** On small memory, so that V8 has compiled everything. */
const WARM_UPS = 10;

/**
 * alloc_contig_range() on random pageblocks, a sixteenth of all, of memory whose order-0 pages are
 * 10, 50 or 90 % in use at random places. Every attempt succeeds; its pages move to the free lists'
 * heads.
 */
export const contig: Workload = {
  name: "contig",
  operation: "one attempt on a pageblock; contig_page: one page moved at 50 %",
  sizes: [GIB, 4 * GIB, 16 * GIB, 64 * GIB],
  largeSizes: [256 * GIB, TIB],
  run(pages) {
    for (let round = 0; round < WARM_UPS; round++) attempts(GIB / 4, 50);
    return OCCUPANCIES.flatMap((occupancy) => attempts(pages, occupancy));
  },
};

function attempts(pages: number, occupancy: number): Result[] {
  const random = randomSource(SEED);
  const memory = freeMemory(pages);
  scatter(memory, pages, occupancy / 100, random);
  const blocks = pages / PAGEBLOCK_PAGES;
  const order = permutation(blocks, random).subarray(0, Math.floor(blocks * SHARE));
  let moved = 0;
  const elapsed = stopwatch();
  for (const block of order) {
    const result = memory.allocContig(block * PAGEBLOCK_PAGES, PAGEBLOCK_PAGES);
    if (result.errno !== 0) throw new Error(`an attempt must succeed, got ${result.errno}`);
    moved += result.migratedPages;
  }
  const took = elapsed();
  const { bytes } = memory.memoryUse();
  const rows: Result[] = [
    { workload: `contig_${occupancy}`, ...took, ops: order.length, bytes, checksum: moved },
  ];
  if (occupancy === 50) rows.push({ ...rows[0]!, workload: "contig_page", ops: moved });
  return rows;
}
