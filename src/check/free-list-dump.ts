import { PAGEBLOCK_PAGES, type Migratetype } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import type { FreeListAnswer } from "./free-list-recording.js";

/** Pageblock types, in the order of their numbers. */
const TYPE_LETTERS = "UMRHI";
/** Largest order of a buddy chunk, inclusive. */
const MAX_ORDER = 10;

/** A zone in the notation of a recording: pfns relative to `base`, pageblocks from `start` on. */
export function dumpOf(
  memory: PageMemory,
  zone: number,
  base: number,
  start: number,
): NonNullable<FreeListAnswer["after"]> {
  const lists: Record<string, number[]> = {};
  for (const [type, letter] of Array.from(TYPE_LETTERS).entries()) {
    for (let order = 0; order <= MAX_ORDER; order++) {
      const list = memory.freeList(zone, order, type as Migratetype);
      if (list.length > 0) lists[`${letter}${order}`] = list.map((pfn) => pfn - base);
    }
  }
  let pb = "";
  let online = 0;
  const end = memory.nrPageblocks * PAGEBLOCK_PAGES;
  for (let pfn = base + start; pfn < end; pfn += PAGEBLOCK_PAGES) {
    const inZone = memory.zoneIndex(pfn) === zone;
    pb += inZone ? (TYPE_LETTERS[memory.pageblockType(pfn) ?? 0] ?? "-") : "-";
    if (inZone) online = pb.length;
  }
  return {
    L: lists,
    pb: pb.slice(0, online),
    free: memory.freePages(zone),
    nf: memory.freeChunks(zone),
  };
}
