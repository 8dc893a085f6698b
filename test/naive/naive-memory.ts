import { Hold, JournalKind, Migratetype, NO_PFN, PageClass } from "../../src/core/abi.js";
import type { Migration } from "../../src/core/migration-journal.js";
import { Errno } from "../../src/errno.js";
import type { ContigStage } from "../../src/core/contig-result.js";
import { NaiveAllocator } from "./naive-allocator.js";
import {
  CLEAN_FILE,
  isOnLru,
  MAX_ORDER,
  MOVABLE_CLASSES,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  type NaivePageblock,
} from "./naive-buddy.js";

const { Movable, Isolate } = Migratetype;

/** Pages that the allocator has never had or has given up. */
const WITHDRAWN: ReadonlySet<PageClass> = new Set([
  PageClass.Absent,
  PageClass.Offline,
  PageClass.NeverOnlined,
]);
/** Pages without references: the unmovable scan steps over them. */
const UNREFERENCED: ReadonlySet<PageClass> = new Set([
  PageClass.Free,
  PageClass.Cached,
  PageClass.Tail,
]);

export interface NaiveContig {
  readonly errno: number;
  readonly stage: ContigStage;
  readonly blockingPfn: number | undefined;
}

function isUnit(pageClass: PageClass): boolean {
  return pageClass === PageClass.Thp || pageClass === PageClass.Hugetlb;
}

/**
 * Isolation, migration, alloc_contig_range(), onlining and offlining, page by page
 * (docs/spec/contig-range.md).
 */
export class NaiveMemory extends NaiveAllocator {
  #targetFlags = 0;
  /** Page that refused the last isolation. */
  #refusing: number | undefined;

  setMigrationTargets(flags: number): void {
    this.#targetFlags = flags;
  }

  takeJournal(): Migration[] {
    const journal = this.journal;
    this.journal = [];
    return journal;
  }

  // ------------------------------------------------ isolation

  #pageblock(block: number): NaivePageblock {
    const pageblock = this.pageblocks[block];
    if (pageblock === undefined) throw new RangeError(`no pageblock ${block}`);
    return pageblock;
  }

  /** `has_unmovable_pages()`: the first page of the pageblock that forbids its isolation. */
  findUnmovable(block: number, offlining: boolean): number | undefined {
    const start = block * PAGEBLOCK_PAGES;
    const inMovableZone = this.zoneOf(start).kind === "Movable";
    for (let pfn = start; pfn < start + PAGEBLOCK_PAGES; pfn++) {
      const { pageClass } = this.page(pfn);
      if (pageClass === PageClass.Reserved) return pfn;
      if (inMovableZone || UNREFERENCED.has(pageClass) || MOVABLE_CLASSES.has(pageClass)) continue;
      if (pageClass === PageClass.Slab && this.mm.slabUnreferenced) continue;
      if (offlining && pageClass === PageClass.Poisoned) continue;
      if (offlining && WITHDRAWN.has(pageClass)) continue;
      return pfn;
    }
    return undefined;
  }

  /**
   * Does nothing in this pageblock forbid taking it, as far as its pages tell: nothing unmovable,
   * nothing held?
   */
  couldGo(block: number): boolean {
    const start = block * PAGEBLOCK_PAGES;
    if (this.zoneIndexOf(start) === undefined) return false;
    // a held page is movable, and still stays
    const pages = this.pages.slice(start, start + PAGEBLOCK_PAGES);
    if (pages.some(({ pageClass, hold }) => MOVABLE_CLASSES.has(pageClass) && hold > 0))
      return false;
    if (pages.some(({ pageClass }) => pageClass === PageClass.Slab)) return false;
    if (this.zoneOf(start).kind !== "Movable") {
      return this.findUnmovable(block, false) === undefined;
    }
    // in ZONE_MOVABLE such pages fail late
    return pages.every(
      ({ pageClass }) => UNREFERENCED.has(pageClass) || MOVABLE_CLASSES.has(pageClass),
    );
  }

  /** `set_migratetype_isolate()`. */
  #isolateBlock(block: number, offlining: boolean): boolean {
    const pageblock = this.#pageblock(block);
    this.#refusing = undefined;
    if (pageblock.isolated) return false;
    this.#refusing = this.findUnmovable(block, offlining);
    if (this.#refusing !== undefined) return false;
    pageblock.isolated = true;
    const start = block * PAGEBLOCK_PAGES;
    const zone = this.zoneOf(start);
    // from v6.10 on cuts a chunk of two pageblocks here
    const pair = start - (start % (2 * PAGEBLOCK_PAGES));
    if (this.mm.listFollowsBlock && this.#splitOrder10(pair)) return true;
    zone.free -= this.#freeOutsideIsolate(start);
    this.moveBlock(start, Isolate);
    return true;
  }

  /** Pages of the pageblock's chunks that NR_FREE_PAGES counts. */
  #freeOutsideIsolate(start: number): number {
    let pages = 0;
    for (let pfn = start; pfn < start + PAGEBLOCK_PAGES; pfn++) {
      const chunk = this.chunks.get(pfn);
      if (chunk !== undefined && chunk.type !== Isolate) pages += 2 ** chunk.order;
    }
    return pages;
  }

  /**
   * Cuts an order-10 chunk at `pfn` into two of order 9, each freed with the type of its own
   * pageblock.
   */
  #splitOrder10(pfn: number): boolean {
    const chunk = this.chunks.get(pfn);
    if (chunk?.order !== MAX_ORDER) return false;
    if (chunk.type !== Isolate) this.zoneOf(pfn).free -= 2 ** MAX_ORDER;
    this.remove(pfn);
    for (const half of [pfn, pfn + PAGEBLOCK_PAGES]) {
      this.freeOne(half, PAGEBLOCK_ORDER, this.typeOf(half));
    }
    return true;
  }

  #splitAt(boundary: number): void {
    if (boundary % (2 * PAGEBLOCK_PAGES) !== 0) this.#splitOrder10(boundary - PAGEBLOCK_PAGES);
  }

  /** Pageblocks that isolating these pages covers: 4 MiB units until v5.18. */
  #covered(start: number, end: number): number[] {
    const unit = this.mm.isolatePageblock ? 1 : 2;
    const first = Math.floor(start / PAGEBLOCK_PAGES / unit) * unit;
    const last = Math.ceil(end / PAGEBLOCK_PAGES / unit) * unit - 1;
    const blocks = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    return blocks.filter((block) => this.pageblocks[block]?.zone !== undefined);
  }

  /** `start_isolate_page_range()`. */
  #isolateRange(start: number, end: number, offlining: boolean): boolean {
    const blocks = this.#covered(start, end);
    const first = blocks[0] ?? 0;
    const last = blocks.at(-1) ?? 0;
    let order = blocks;
    if (this.mm.isolatePageblock) {
      order = last === first ? [first] : [first, last, ...blocks.slice(1, -1)];
    }
    const done: number[] = [];
    for (const block of order) {
      if (!this.#isolateBlock(block, offlining)) {
        for (const undo of done.sort((a, b) => a - b)) this.#unisolateBlock(undo);
        return false;
      }
      done.push(block);
      if (this.mm.isolatePageblock) {
        if (block === first) this.#splitAt(first * PAGEBLOCK_PAGES);
        if (block === last) this.#splitAt((last + 1) * PAGEBLOCK_PAGES);
      } else {
        this.drainCaches(this.#pageblock(block).zone ?? -1);
      }
    }
    return true;
  }

  /** `unset_migratetype_isolate()`. */
  #unisolateBlock(block: number): void {
    const pageblock = this.#pageblock(block);
    if (!pageblock.isolated) return;
    const start = block * PAGEBLOCK_PAGES;
    const zone = this.zoneOf(start);
    const type = this.mm.isolateKeepsType ? pageblock.type : Movable;
    const buddy = start ^ PAGEBLOCK_PAGES;
    const mergesBack =
      this.chunks.get(start)?.order === PAGEBLOCK_ORDER &&
      this.chunks.get(buddy)?.order === PAGEBLOCK_ORDER &&
      this.zoneOf(buddy) === zone &&
      this.typeOf(buddy) !== Isolate;
    if (mergesBack) {
      this.remove(start);
      Object.assign(pageblock, { isolated: false, type });
      this.freeOne(start, PAGEBLOCK_ORDER, type, this.mm.moveToTail);
      return;
    }
    zone.free += this.moveBlock(start, type);
    Object.assign(pageblock, { isolated: false, type });
  }

  tryIsolate(start: number, nr: number): boolean {
    return this.#isolateRange(start, start + nr, false);
  }

  unisolate(start: number, nr: number): void {
    for (const block of this.#covered(start, start + nr)) this.#unisolateBlock(block);
  }

  // ------------------------------------------------ migration

  /** `isolate_migratepages_range()`. Returns where the next collection starts. */
  #collect(from: number, end: number, batch: number[]): number {
    let pages = 0;
    let lru = 0;
    let pfn = from;
    while (pfn < end && pages < 32) {
      if (this.mm.batchEndsEarly && pfn % PAGEBLOCK_PAGES === 0 && batch.length > 0) {
        const left = this.#lruOfNode(this.zoneOf(pfn).node) - lru;
        if (lru > Math.floor(left / 2)) break;
      }
      const { pageClass, hold } = this.page(pfn);
      // a unit is found by its first page only
      const size = isUnit(pageClass) ? PAGEBLOCK_PAGES - (pfn % PAGEBLOCK_PAGES) : 1;
      const skipped = isUnit(pageClass) && (size < PAGEBLOCK_PAGES || !this.mm.contigMovesThp);
      if (MOVABLE_CLASSES.has(pageClass) && hold !== Hold.Pinned && !skipped) {
        batch.unshift(pfn);
        pages += size;
        if (isOnLru(pageClass)) lru += size;
      }
      pfn += size;
    }
    return Math.min(pfn, end);
  }

  #lruOfNode(node: number): number {
    return this.pages.filter(
      ({ pageClass }, pfn) => isOnLru(pageClass) && this.zoneOf(pfn).node === node,
    ).length;
  }

  /** `reclaim_clean_pages_from_list()`: clean file pages are dropped. Returns the others. */
  #dropClean(batch: readonly number[]): number[] {
    return batch.filter((pfn) => {
      const { pageClass, hold } = this.page(pfn);
      if (!CLEAN_FILE.has(pageClass) || hold !== Hold.None) return true;
      this.free(pfn, 0);
      this.note(pfn, NO_PFN, JournalKind.Dropped, 0, pageClass);
      return false;
    });
  }

  #move(pfn: number, target: number, order: number): void {
    const { pageClass } = this.page(pfn);
    this.setRange(target, 2 ** order, pageClass);
    this.free(pfn, order);
    this.note(pfn, target, JournalKind.Moved, order, pageClass);
  }

  /**
   * One call of `migrate_pages()`: returns the survivors, the failed ones before those that
   * answered "again" last, and whether memory ran out.
   */
  #migrate(list: readonly number[]): { survivors: number[]; outOfMemory: boolean } {
    const failed: number[] = [];
    const split: number[] = [];
    let rest = [...list];
    for (let pass = 0; pass < 10; pass++) {
      const again: number[] = [];
      for (const [index, pfn] of rest.entries()) {
        const { pageClass, hold } = this.page(pfn);
        const order = isUnit(pageClass) ? PAGEBLOCK_ORDER : 0;
        const zone = this.zoneOf(pfn);
        const kind = order > 0 || zone.kind === "Movable" ? "Movable" : "Normal";
        const target = this.takePages(order, Movable, kind, zone.node, this.#targetFlags);
        if (target === undefined && pageClass === PageClass.Thp) {
          this.note(pfn, NO_PFN, JournalKind.Split, PAGEBLOCK_ORDER, pageClass);
          this.setRange(pfn, PAGEBLOCK_PAGES, PageClass.Anon, hold);
          for (let page = pfn; page < pfn + PAGEBLOCK_PAGES; page++) split.unshift(page);
          continue;
        }
        if (target === undefined) {
          return { survivors: [...failed, ...again, ...rest.slice(index)], outOfMemory: true };
        }
        if (hold === Hold.None) {
          this.#move(pfn, target, order);
          continue;
        }
        this.release(target, order);
        this.note(pfn, target, JournalKind.Failed, order, pageClass);
        (hold === Hold.Again ? again : failed).push(pfn);
      }
      rest = again;
    }
    const survivors = [...failed, ...rest];
    if (split.length === 0) return { survivors, outOfMemory: false };
    const pages = this.#migrate(split);
    return { survivors: [...survivors, ...pages.survivors], outOfMemory: pages.outOfMemory };
  }

  /**
   * One call of `migrate_pages()`, v6.3: batches of 512 base pages, all targets of one before its
   * moves.
   */
  #migrateBatches(list: readonly number[]): { survivors: number[]; outOfMemory: boolean } {
    const survivors: number[] = [];
    const rest = [...list];
    let outOfMemory = false;
    while (rest.length > 0) {
      const batch: number[] = [];
      for (let pages = 0; rest.length > 0 && pages < 512;) {
        const pfn = rest.shift() ?? 0;
        pages += isUnit(this.page(pfn).pageClass) ? PAGEBLOCK_PAGES : 1;
        batch.push(pfn);
      }
      if (outOfMemory) {
        survivors.push(...batch);
        continue;
      }
      const split: number[] = [];
      const first = this.#migrateTogether(batch, 3, split);
      ({ outOfMemory } = first);
      for (const pfn of first.survivors) {
        if (outOfMemory) {
          survivors.push(pfn);
          continue;
        }
        const alone = this.#migrateTogether([pfn], 7, split);
        ({ outOfMemory } = alone);
        survivors.push(...alone.survivors);
      }
      if (outOfMemory) continue;
      survivors.push(...this.#migrateTogether(split, 1, []).survivors);
    }
    return { survivors, outOfMemory };
  }

  /** `migrate_pages_batch()`. A THP without a target is split into `split`, if that is empty. */
  #migrateTogether(
    list: readonly number[],
    passes: number,
    split: number[],
  ): { survivors: number[]; outOfMemory: boolean } {
    const survivors: number[] = [];
    let ready: { pfn: number; target: number; order: number }[] = [];
    let left: readonly number[] = [];
    for (const [index, pfn] of list.entries()) {
      const { pageClass, hold } = this.page(pfn);
      const order = isUnit(pageClass) ? PAGEBLOCK_ORDER : 0;
      const zone = this.zoneOf(pfn);
      const inMovable = order > 0 || zone.kind === "Movable";
      const kind = inMovable ? "Movable" : "Normal";
      const target = this.takePages(order, Movable, kind, zone.node, this.#targetFlags);
      if (target !== undefined) {
        this.setRange(target, 2 ** order, hold === Hold.None ? pageClass : PageClass.Kernel);
        ready.push({ pfn, target, order });
      } else if (pageClass === PageClass.Thp && split.length === 0) {
        this.note(pfn, NO_PFN, JournalKind.Split, PAGEBLOCK_ORDER, pageClass);
        this.setRange(pfn, PAGEBLOCK_PAGES, PageClass.Anon, hold);
        for (let page = pfn; page < pfn + PAGEBLOCK_PAGES; page++) split.unshift(page);
      } else {
        left = list.slice(index);
        break;
      }
    }
    for (let pass = 0; pass < passes; pass++) {
      const again: typeof ready = [];
      for (const page of ready) {
        const { pfn, target, order } = page;
        const { pageClass, hold } = this.page(pfn);
        if (hold === Hold.None) {
          this.#move(pfn, target, order);
          continue;
        }
        this.note(pfn, target, JournalKind.Failed, order, pageClass);
        if (hold === Hold.Again) again.push(page);
        else {
          this.free(target, order);
          survivors.push(pfn);
        }
      }
      ready = again;
    }
    for (const { pfn, target, order } of ready) {
      this.free(target, order);
      survivors.push(pfn);
    }
    return { survivors: [...survivors, ...left], outOfMemory: left.length > 0 };
  }

  /** `__alloc_contig_migrate_range()`. Leaves the pages that did not go in `left`. */
  #evacuate(start: number, end: number, left: number[]): "done" | "stuck" | "memory" {
    let pos = start;
    let batch: number[] = [];
    let retries = 0;
    let outOfMemory = false;
    while (pos < end || batch.length > 0) {
      if (batch.length === 0) {
        pos = this.#collect(pos, end, batch);
        retries = 0;
      } else if (++retries === 5) {
        left.push(...batch);
        return outOfMemory ? "memory" : "stuck";
      }
      const pages = this.#dropClean(batch);
      const result = this.mm.migratesBatches ? this.#migrateBatches(pages) : this.#migrate(pages);
      ({ outOfMemory } = result);
      batch = result.survivors;
      if (outOfMemory && this.mm.contigEnomemExits) {
        left.push(...batch);
        return "memory";
      }
    }
    return "done";
  }

  // ------------------------------------------------ contiguous ranges

  allocContig(start: number, nr: number): NaiveContig {
    const end = start + nr;
    const zone = this.zoneIndexOf(start) ?? -1;
    if (!this.#isolateRange(start, end, false)) {
      return { errno: -Errno.EBUSY, stage: "isolate", blockingPfn: this.#refusing };
    }
    this.drainCaches(zone);
    this.drainLru();
    const left: number[] = [];
    const giveUp = (): void => {
      for (const pfn of left) this.putBack(pfn);
      this.unisolate(start, nr);
    };
    if (this.#evacuate(start, end, left) === "memory") {
      giveUp();
      return { errno: -Errno.ENOMEM, stage: "memory", blockingPfn: undefined };
    }
    const outer = this.#outerStart(start);
    let pfn = outer;
    while (pfn < end) {
      const chunk = this.chunks.get(pfn);
      if (chunk === undefined || this.typeOf(pfn) !== Isolate) break;
      pfn += 2 ** chunk.order;
    }
    if (pfn < end) {
      const { hold } = this.page(pfn);
      giveUp();
      const tried = hold === Hold.Again || hold === Hold.Fail;
      return { errno: -Errno.EBUSY, stage: tried ? "migrate" : "test", blockingPfn: pfn };
    }
    const outerEnd = pfn;
    for (pfn = outer; pfn < end;) pfn += 2 ** this.remove(pfn).order;
    this.setRange(start, nr, PageClass.Contig);
    for (pfn = outer; pfn < start; pfn++) this.freeOne(pfn, 0, this.typeOf(pfn));
    for (pfn = end; pfn < outerEnd; pfn++) this.freeOne(pfn, 0, this.typeOf(pfn));
    this.unisolate(start, nr);
    return { errno: 0, stage: "done", blockingPfn: undefined };
  }

  #outerStart(start: number): number {
    for (let order = 0; order <= MAX_ORDER; order++) {
      const head = start - (start % 2 ** order);
      const chunk = this.chunks.get(head);
      if (chunk !== undefined) return head + 2 ** chunk.order > start ? head : start;
    }
    return start;
  }

  /** Page by page; in newer versions in naturally aligned chunks. */
  freeContig(start: number, nr: number): void {
    const end = start + nr;
    this.setRange(start, nr, PageClass.Free);
    for (let pfn = start; pfn < end;) {
      let order = this.mm.coalescedGiveBack ? MAX_ORDER : 0;
      while (pfn % 2 ** order !== 0 || pfn + 2 ** order > end) order--;
      this.release(pfn, order);
      pfn += 2 ** order;
    }
  }

  markOffline(start: number, nr: number): void {
    this.setRange(start, nr, PageClass.Offline);
  }

  // ------------------------------------------------ memory hotplug

  online(
    zone: number,
    start: number,
    nr: number,
    runs: readonly (readonly [start: number, nr: number])[],
  ): void {
    const isolated = this.mm.moveToTail;
    for (let pfn = start; pfn < start + nr; pfn += PAGEBLOCK_PAGES) {
      Object.assign(this.#pageblock(pfn / PAGEBLOCK_PAGES), { zone, type: Movable, isolated });
    }
    this.setRange(start, nr, PageClass.NeverOnlined);
    for (const [from, pages] of runs) this.onlinePages(from, pages);
    if (isolated) this.unisolate(start, nr);
  }

  onlinePages(start: number, nr: number): void {
    this.setRange(start, nr, PageClass.Free);
    this.freeEvenly(start, nr, MAX_ORDER, this.mm.moveToTail);
  }

  /** `offline_pages()`; a page that does not move at once ends it. */
  offline(start: number, nr: number): { errno: number; blockingPfn: number | undefined } {
    const end = start + nr;
    const zone = this.zoneIndexOf(start) ?? -1;
    this.drainCaches(zone);
    this.drainLru();
    if (!this.#isolateRange(start, end, true)) {
      return { errno: -Errno.EBUSY, blockingPfn: this.#refusing };
    }
    const stuck = this.#evacuateAscending(start, end);
    for (const edge of [start, end]) this.#splitAtPageblock(edge);
    if (stuck !== undefined) {
      this.unisolate(start, nr);
      return { errno: -Errno.EBUSY, blockingPfn: stuck };
    }
    for (const pfn of [...this.chunks.keys()]) if (pfn >= start && pfn < end) this.remove(pfn);
    this.setRange(start, nr, PageClass.Absent);
    for (let pfn = start; pfn < end; pfn += PAGEBLOCK_PAGES) {
      const pageblock = this.#pageblock(pfn / PAGEBLOCK_PAGES);
      Object.assign(pageblock, { zone: undefined, type: Movable, isolated: false });
    }
    return { errno: 0, blockingPfn: undefined };
  }

  /** Parts a free chunk of two isolated pageblocks at the border between them. */
  #splitAtPageblock(edge: number): void {
    const lower = edge - PAGEBLOCK_PAGES;
    if (edge % (2 * PAGEBLOCK_PAGES) === 0 || this.chunks.get(lower)?.order !== MAX_ORDER) return;
    this.remove(lower);
    for (const half of [lower, edge]) this.insert(half, PAGEBLOCK_ORDER, Isolate, "head");
  }

  /** Moves every page away; returns the first that stays. */
  #evacuateAscending(start: number, end: number): number | undefined {
    for (let pfn = start; pfn < end;) {
      const { pageClass, hold } = this.page(pfn);
      const order = isUnit(pageClass) ? PAGEBLOCK_ORDER : 0;
      const skipped = pageClass === PageClass.Free || WITHDRAWN.has(pageClass);
      if (!skipped && pageClass !== PageClass.Tail) {
        if (!MOVABLE_CLASSES.has(pageClass) || hold !== Hold.None) return pfn;
        const target = this.#offlineTarget(order, pfn);
        if (target === undefined) return pfn;
        this.#move(pfn, target, order);
      }
      pfn += 2 ** order;
    }
    for (let pfn = start; pfn < end; pfn++) {
      if (this.page(pfn).pageClass === PageClass.Tail) return pfn;
    }
    return undefined;
  }

  /** Other nodes where there are any with memory; ZONE_MOVABLE as for contiguous ranges. */
  #offlineTarget(order: number, pfn: number): number | undefined {
    const own = this.zoneOf(pfn);
    const kind = order > 0 || own.kind === "Movable" ? "Movable" : "Normal";
    const others = this.pageblocks.some(
      ({ zone }) => zone !== undefined && this.zoneAt(zone).node !== own.node,
    );
    return this.takePages(order, Movable, kind, own.node, 0, others);
  }
}
