import { AllocFlag, Migratetype, PAGEBLOCK_PAGES, PageClass } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";

/** Sparse-memory section: the unit that has a memmap of 2 MiB. */
export const SECTION_SIZE = 128 * 1024 * 1024;
export const MEMMAP_ORDER = 9;
/** Bytes of struct pages of a section: 64 for each page. */
export const MEMMAP_SIZE = 2 * 1024 * 1024;

/**
 * Pages that hold struct pages, as runs: first pfn and length of one after the other. Flat, because
 * each of the 131,072 memory blocks of a guest of 16 TiB keeps such a list.
 */
export type MemmapRuns = readonly number[];

/**
 * Takes the struct pages of `sections` sections, near `node`; undefined where there is no room: all
 * or nothing.
 */
export function chargeMemmap(
  pages: PageMemory,
  sections: number,
  node: number,
): MemmapRuns | undefined {
  let runs: MemmapRuns | undefined;
  for (let section = 0; section < sections; section++) {
    const part = allocMemmap(pages, node);
    if (part === undefined) {
      freeMemmap(pages, runs ?? []);
      return undefined;
    }
    // not pushed: an array that grows takes room for 16 more
    runs = runs === undefined ? part : [...runs, ...part];
  }
  return runs;
}

/** Gives struct pages back: the memory that they describe is gone. */
export function freeMemmap(pages: PageMemory, runs: MemmapRuns): void {
  for (let at = 0; at < runs.length; at += 2) {
    const [startPfn = 0, nrPages = 0] = [runs[at], runs[at + 1]];
    // single pages may come to as many in a row, wherever they begin
    const isChunk = nrPages === PAGEBLOCK_PAGES && startPfn % PAGEBLOCK_PAGES === 0;
    if (isChunk) pages.free(startPfn, MEMMAP_ORDER);
    else pages.freeRun(startPfn, nrPages);
  }
}

/** 2 MiB as one chunk; where none is left, as 512 single pages. */
function allocMemmap(pages: PageMemory, node: number): MemmapRuns | undefined {
  const request = {
    order: MEMMAP_ORDER,
    type: Migratetype.Unmovable,
    pageClass: PageClass.Memmap,
    kind: "Normal" as const,
    node,
    flags: AllocFlag.Compound,
  };
  const pfn = pages.tryAlloc(request);
  if (pfn !== undefined) return [pfn, PAGEBLOCK_PAGES];
  const runs: [number, number][] = [];
  const isEnough = pages.allocBulk(PAGEBLOCK_PAGES, request, runs) === PAGEBLOCK_PAGES;
  const flat = runs.flat();
  if (isEnough) return flat;
  freeMemmap(pages, flat);
  return undefined;
}

/** Pages that are not among the first `nr` of an ascending list of runs. */
export function withoutFirst(
  runs: readonly (readonly [startPfn: number, nrPages: number])[],
  nr: number,
): readonly (readonly [startPfn: number, nrPages: number])[] {
  if (nr === 0) return runs;
  const first = runs[0]?.[0] ?? 0;
  return runs.flatMap(([startPfn, nrPages]) => {
    const start = Math.max(startPfn, first + nr);
    return start < startPfn + nrPages ? [[start, startPfn + nrPages - start] as const] : [];
  });
}

/**
 * How much memory a guest can add, as far as struct pages go: each section of 128 MiB takes 2 MiB
 * of what is free for the kernel. Memory that comes online for the kernel makes room for more; this
 * is what goes without.
 *
 * @param freeSize - bytes that the kernel can take.
 *
 * @example
 * ```js
 * import { mostGrowth } from "virtio-mem-engine";
 *
 * // with 1 GiB of free memory for the kernel
 * console.log(mostGrowth(2 ** 30) / 2 ** 30); // 64
 * ```
 */
export function mostGrowth(freeSize: number): number {
  return Math.floor(freeSize / MEMMAP_SIZE) * SECTION_SIZE;
}
