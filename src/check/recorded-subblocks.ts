import type { PageMemory } from "../core/page-memory.js";

const SECTION_PAGES = 32768;
const SUBBLOCK_PAGES = 512;
const SUBBLOCK_MIB = 2;

/**
 * Memory block 0 of a recording, which a virtio-mem driver has: which of its subblocks are plugged.
 */
export class RecordedSubblocks {
  readonly #memory: PageMemory;
  readonly #base: number;
  readonly #afterUnplug: () => void;
  #plugged = new Set<number>();
  /** Those that were never online. */
  #never = new Set<number>();

  /** @param afterUnplug - called when pages may have moved. */
  constructor(memory: PageMemory, base: number, afterUnplug: () => void) {
    this.#memory = memory;
    this.#base = base;
    this.#afterUnplug = afterUnplug;
  }

  /** The memory block of `n` pages came online with these runs of it plugged. */
  online(n: number, plugged: readonly (readonly [first: number, pages: number])[]): void {
    const all = Array.from({ length: n / SUBBLOCK_PAGES }, (_, subblock) => subblock);
    const inRun = (subblock: number): boolean =>
      plugged.some(
        ([first, pages]) =>
          subblock * SUBBLOCK_PAGES >= first && subblock * SUBBLOCK_PAGES < first + pages,
      );
    this.#plugged = new Set(all.filter(inRun));
    this.#never = new Set(all.filter((subblock) => !inRun(subblock)));
  }

  /**
   * The driver's subblock handling on memory block 0, which is online: unplug from the top, plug
   * runs from the lowest hole.
   */
  request(mib: number): void {
    const wanted = mib / SUBBLOCK_MIB;
    const subblocks = this.#plugged.size + this.#never.size;
    for (const subblock of [...this.#plugged].sort((a, b) => b - a)) {
      if (this.#plugged.size <= wanted) break;
      const start = this.#base + subblock * SUBBLOCK_PAGES;
      if (this.#memory.allocContig(start, SUBBLOCK_PAGES).errno !== 0) continue;
      this.#memory.markOffline(start, SUBBLOCK_PAGES);
      this.#plugged.delete(subblock);
    }
    this.#afterUnplug();
    const nrSubblocks = Math.max(subblocks, SECTION_PAGES / SUBBLOCK_PAGES);
    while (this.#plugged.size < wanted) {
      let first = 0;
      while (this.#plugged.has(first)) first++;
      if (first >= nrSubblocks) break;
      const never = this.#never.has(first);
      let end = first;
      while (
        end < nrSubblocks &&
        this.#never.has(end) === never &&
        !this.#plugged.has(end) &&
        this.#plugged.size < wanted
      ) {
        this.#plugged.add(end);
        this.#never.delete(end);
        end++;
      }
      this.#plug(first, end, never);
    }
  }

  #plug(first: number, end: number, never: boolean): void {
    const start = this.#base + first * SUBBLOCK_PAGES;
    const pages = (end - first) * SUBBLOCK_PAGES;
    if (never) this.#memory.onlinePages(start, pages);
    else this.#memory.freeContig(start, pages);
  }
}
