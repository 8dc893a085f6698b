import { AllocFlag, Hold, Migratetype, PageClass } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import type { RecordedAllocator } from "./recorded-allocation.js";

const HUGE_ORDER = 9;
const HUGE_PAGES = 512;
/** Somewhere in boot memory, which no recording is about. */
const ZERO_PAGE = 0;

/**
 * The process of a recording with its anonymous pages, by the numbers that the script gave them.
 */
export class RecordedProcess {
  readonly #memory: PageMemory;
  readonly #allocator: RecordedAllocator;
  readonly #lruBatchPages: number;
  readonly #pages = new Map<number, number>();
  /** Numbers of pages that wait in the LRU batch, oldest first. */
  #pending: number[] = [];

  /**
   * @param lruBatchPages - a fresh page waits in a batch of this many before it reaches the LRU.
   */
  constructor(memory: PageMemory, allocator: RecordedAllocator, lruBatchPages: number) {
    this.#memory = memory;
    this.#lruBatchPages = lruBatchPages;
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

  /** A page was lost: it held only zeros, and the process has the shared zero page in its place. */
  gone(number: number): void {
    this.#pages.set(number, ZERO_PAGE);
  }

  /** Touches a page; it waits in the LRU batch then. */
  touch(number: number): number | undefined {
    const known = this.#pages.get(number);
    if (known !== undefined) return known;
    const pfn = this.#allocator.tryAlloc(0, {
      type: Migratetype.Movable,
      pageClass: PageClass.LruPending,
      kind: "Movable",
    });
    if (pfn === undefined) return undefined;
    this.#pages.set(number, pfn);
    this.#pending.push(number);
    if (this.#pending.length === this.#lruBatchPages) this.#flushBatch();
    return pfn;
  }

  /** Touches 2 MiB at once. */
  touchHuge(number: number): number | undefined {
    const pfn = this.#allocator.tryAlloc(HUGE_ORDER, {
      type: Migratetype.Movable,
      pageClass: PageClass.Thp,
      kind: "Movable",
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
    if (pfn !== ZERO_PAGE) this.#memory.free(pfn, 0);
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
