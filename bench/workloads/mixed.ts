import { PAGEBLOCK_PAGES, type PageMemory } from "../../src/core.js";
import { randomSource } from "../measure/random.js";
import { stopwatch, type Elapsed } from "../measure/stopwatch.js";
import { ANONYMOUS, freeMemory, permutation, scatter } from "./guest-memory.js";
import { GIB, TIB, type Result, type Workload } from "./workload.js";

const SEED = 0x4d495845;
const OPERATIONS = 2 ** 20;
/** On small memory, so that V8 has compiled everything. */
const WARM_UPS = 10;
const ATTEMPTS = 2 ** 11;

/**
 * Memory in which a random half of each pageblock's pages is in use: every pageblock has a record.
 * Then what an allocator and a driver do to it.
 */
export const mixed: Workload = {
  name: "mixed",
  operation:
    "one call: mixed_alloc, mixed_free a page; mixed_contig an attempt; mixed_look a subblock",
  sizes: [GIB, 4 * GIB, 16 * GIB, 64 * GIB, TIB],
  largeSizes: [256 * GIB],
  run(pages) {
    for (let round = 0; round < WARM_UPS; round++) measure(GIB / 4);
    return measure(pages);
  },
};

function measure(pages: number): Result[] {
  const random = randomSource(SEED);
  const memory = freeMemory(pages);
  scatter(memory, pages, 0.5, random);
  const { bytes, mixedPageblocks } = memory.memoryUse();
  if (mixedPageblocks !== pages / PAGEBLOCK_PAGES) {
    throw new Error(`every pageblock must be mixed, got ${mixedPageblocks}`);
  }
  const operations = Math.min(OPERATIONS, pages / 16);
  const attempts = Math.min(ATTEMPTS, pages / PAGEBLOCK_PAGES / 16);
  const used = usedPages(memory, pages, operations, random);
  const blocks = permutation(pages / PAGEBLOCK_PAGES, random).subarray(0, attempts);
  const result = (workload: string, ops: number, took: Elapsed): Result => ({
    workload,
    ...took,
    ops,
    bytes,
  });
  return [
    result("mixed_free", operations, timeFree(memory, used)),
    result("mixed_alloc", operations, timeAlloc(memory, operations)),
    result("mixed_contig", attempts, timeContig(memory, blocks)),
    result("mixed_look", pages / PAGEBLOCK_PAGES, timeLook(memory, pages / PAGEBLOCK_PAGES)),
  ];
}

/** Different pages in use at random places. */
function usedPages(
  memory: PageMemory,
  pages: number,
  count: number,
  random: (below: number) => number,
): Uint32Array {
  const found = new Set<number>();
  while (found.size < count) {
    const pfn = random(pages);
    if (memory.pageState(pfn) === ANONYMOUS.pageClass) found.add(pfn);
  }
  return Uint32Array.from(found);
}

function timeFree(memory: PageMemory, used: Uint32Array): Elapsed {
  const elapsed = stopwatch();
  for (const pfn of used) memory.free(pfn, 0);
  return elapsed();
}

function timeAlloc(memory: PageMemory, count: number): Elapsed {
  const elapsed = stopwatch();
  for (let index = 0; index < count; index++) memory.tryAlloc(ANONYMOUS);
  return elapsed();
}

function timeContig(memory: PageMemory, blocks: Uint32Array): Elapsed {
  const elapsed = stopwatch();
  for (const block of blocks) memory.allocContig(block * PAGEBLOCK_PAGES, PAGEBLOCK_PAGES);
  return elapsed();
}

function timeLook(memory: PageMemory, blocks: number): Elapsed {
  const elapsed = stopwatch();
  memory.countRemovable(0, 1, blocks);
  return elapsed();
}
