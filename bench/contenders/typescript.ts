import type { Allocator } from "./allocator.js";
import { loopsOver, NONE, type Buddy } from "./loops.js";

const MAX_ORDER = 10;

/**
 * The bare buddy allocator of bench/native/buddy.c in typed arrays, as one would write it without
 * WebAssembly.
 */
export function typescript(pages: number): Allocator {
  return loopsOver(typedArrayBuddy(pages), pages);
}

/** Closures over constants: in V8 twice as fast as a class whose arrays are fields. */
function typedArrayBuddy(pages: number): Buddy {
  /** {next, prev} of a pair of pages; of the two only one can be a free head. */
  const links = new Int32Array(pages);
  /** Order + 1 at the first page of a free chunk, else 0. */
  const tags = new Uint8Array(pages);
  const heads = new Int32Array(MAX_ORDER + 1);
  const freeChunks = new Int32Array(MAX_ORDER + 1);

  function putFirst(page: number, order: number): void {
    const first = heads[order]!;
    const at = page & ~1;
    links[at] = first;
    links[at + 1] = NONE;
    if (first !== NONE) links[(first & ~1) + 1] = page;
    heads[order] = page;
    tags[page] = order + 1;
    freeChunks[order]!++;
  }

  function takeOff(page: number, order: number): void {
    const at = page & ~1;
    const next = links[at]!;
    const prev = links[at + 1]!;
    if (prev === NONE) heads[order] = next;
    else links[prev & ~1] = next;
    if (next !== NONE) links[(next & ~1) + 1] = prev;
    tags[page] = 0;
    freeChunks[order]!--;
  }

  return {
    take(order) {
      let from = order;
      while (from <= MAX_ORDER && freeChunks[from] === 0) from++;
      if (from > MAX_ORDER) return NONE;
      const page = heads[from]!;
      takeOff(page, from);
      while (from > order) {
        from--;
        putFirst(page + (1 << from), from);
      }
      return page;
    },
    give(page, order) {
      while (order < MAX_ORDER) {
        const buddy = page ^ (1 << order);
        if (buddy >= pages || tags[buddy] !== order + 1) break;
        takeOff(buddy, order);
        page &= buddy;
        order++;
      }
      putFirst(page, order);
    },
    reset() {
      heads.fill(NONE);
      freeChunks.fill(0);
      tags.fill(0);
      for (let page = pages - (1 << MAX_ORDER); page >= 0; page -= 1 << MAX_ORDER) {
        putFirst(page, MAX_ORDER);
      }
    },
    bytes: () => links.byteLength + tags.byteLength,
  };
}
