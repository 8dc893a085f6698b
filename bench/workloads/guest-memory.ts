import {
  Migratetype,
  PAGEBLOCK_PAGES,
  PageClass,
  PageMemory,
  type PageRequest,
} from "../../src/core.js";
import { linuxProfile } from "../../src/index.js";

/** Order-0 pages that can move. */
export const ANONYMOUS: PageRequest = {
  order: 0,
  type: Migratetype.Movable,
  pageClass: PageClass.Anon,
  kind: "Normal",
  node: 0,
};

/** Memory of one zone, all free, without watermarks: what a workload does is all there is. */
export function freeMemory(pages: number): PageMemory {
  const memory = PageMemory.createSync(pages, linuxProfile("v6.1").mm);
  const zone = memory.addZone("Normal", 0);
  memory.online(zone, 0, pages, [[0, pages]]);
  return memory;
}

/** Numbers 0 to `count` - 1 in random order. */
export function permutation(count: number, random: (below: number) => number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let at = count - 1; at > 0; at--) {
    const other = random(at + 1);
    const value = order[at]!;
    order[at] = order[other]!;
    order[other] = value;
  }
  return order;
}

/**
 * Takes all free memory as order-0 pages and gives a random share of each pageblock's pages back:
 * what is left are single pages and small chunks everywhere.
 *
 * @param occupancy - share of the pages that stay in use, 0 to 1.
 */
export function scatter(
  memory: PageMemory,
  pages: number,
  occupancy: number,
  random: (below: number) => number,
): void {
  memory.allocBulk(pages, ANONYMOUS, []);
  const kept = Math.round(PAGEBLOCK_PAGES * occupancy);
  const order = permutation(PAGEBLOCK_PAGES, random);
  for (let start = 0; start < pages; start += PAGEBLOCK_PAGES) {
    // a few swaps make another order of it, at less cost than a new one
    for (let at = 0; at < PAGEBLOCK_PAGES; at += 8) {
      const other = random(PAGEBLOCK_PAGES);
      const value = order[at]!;
      order[at] = order[other]!;
      order[other] = value;
    }
    for (let at = kept; at < PAGEBLOCK_PAGES; at++) memory.free(start + order[at]!, 0);
  }
}
