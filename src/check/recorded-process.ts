import { AllocFlag, Hold, Migratetype, PageClass, ZoneKindNumber } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import type { RecordedAllocator } from "./recorded-allocation.js";

/** A fresh page waits in a batch of this many before it reaches the LRU. */
const LRU_BATCH = 15;
const HUGE_ORDER = 9;
const HUGE_PAGES = 512;

/**
 * The process of a recording with its anonymous pages, by the numbers that the script gave them.
 */
export class RecordedProcess {
  readonly #memory: PageMemory;
  readonly #allocator: RecordedAllocator;
  readonly #pages = new Map<number, number>();
  /** Numbers of pages that wait in the LRU batch, oldest first. */
  #pending: number[] = [];

  constructor(memory: PageMemory, allocator: RecordedAllocator) {
    this.#memory = memory;
    this.#allocator = allocator;
  }

  /** Where a page is; undefined where there is none of that number. */
  pfn(number: number): number | undefined {
    return this.#pages.get(number);
  }

  /** Numbers and pfns of all pages. */
  pages(): IterableIterator<[number: number, pfn: number]> {
    return this.#pages.entries();
  }

  moved(number: number, pfn: number): void {
    this.#pages.set(number, pfn);
  }

  /** Touches a page; it waits in the LRU batch then. */
  touch(number: number): number | undefined {
    const known = this.#pages.get(number);
    if (known !== undefined) return known;
    const pfn = this.#allocator.tryAlloc(0, {
      type: Migratetype.Movable,
      pageClass: PageClass.LruPending,
      kind: ZoneKindNumber.Movable,
    });
    if (pfn === undefined) return undefined;
    this.#pages.set(number, pfn);
    this.#pending.push(number);
    if (this.#pending.length === LRU_BATCH) this.#flushBatch();
    return pfn;
  }

  /** Touches 2 MiB at once. */
  touchHuge(number: number): number | undefined {
    const pfn = this.#allocator.tryAlloc(HUGE_ORDER, {
      type: Migratetype.Movable,
      pageClass: PageClass.Thp,
      kind: ZoneKindNumber.Movable,
      flags: AllocFlag.Compound,
    });
    if (pfn === undefined) return undefined;
    for (let page = 0; page < HUGE_PAGES; page++) this.#pages.set(number + page, pfn + page);
    return pfn;
  }

  /** Gives a page back; returns where it was. */
  unmap(number: number): number | undefined {
    const pfn = this.#pages.get(number);
    if (pfn === undefined) return undefined;
    this.#pages.delete(number);
    this.#memory.free(pfn, 0);
    return pfn;
  }

  pin(number: number): void {
    const pfn = this.#pages.get(number);
    if (pfn !== undefined) this.#memory.setPage(pfn, PageClass.Anon, Hold.Pinned);
  }

  unpinAll(): void {
    for (const pfn of this.#pages.values()) {
      const state = this.#memory.pageState(pfn);
      if (state >> 5 === Hold.Pinned) this.#memory.setPage(pfn, PageClass.Anon, Hold.None);
    }
  }

  drainLru(): void {
    this.forgetBatch();
    this.#memory.drainLru();
  }

  /** The core has drained the batch by itself. */
  forgetBatch(): void {
    this.#pending = [];
  }

  #flushBatch(): void {
    for (const number of this.#pending) {
      const pfn = this.#pages.get(number);
      if (pfn !== undefined) this.#memory.setPage(pfn, PageClass.Anon, Hold.None);
    }
    this.#pending = [];
  }
}
