import { Migratetype, PageClass, type Hold } from "../../src/core/abi.js";
import type { ZoneKind } from "../../src/core/zone-kind.js";
import type { MmProfile } from "../../src/linux/profile.js";

export const MAX_ORDER = 10;
export const PAGEBLOCK_ORDER = 9;
export const PAGEBLOCK_PAGES = 512;

const { Unmovable, Movable, Reclaimable, HighAtomic, Isolate } = Migratetype;

/** Pages that a driver or the LRU can move. */
export const MOVABLE_CLASSES: ReadonlySet<PageClass> = new Set([
  PageClass.Anon,
  PageClass.Shmem,
  PageClass.FileClean,
  PageClass.FileDirty,
  PageClass.Writeback,
  PageClass.Unevictable,
  PageClass.Buffer,
  PageClass.DriverMovable,
  PageClass.Balloon,
  PageClass.Hugetlb,
  PageClass.Thp,
]);

/** Those of them that are on no LRU list. */
const OFF_LRU: ReadonlySet<PageClass> = new Set([
  PageClass.DriverMovable,
  PageClass.Balloon,
  PageClass.Hugetlb,
]);

/** Pages that are dropped instead of moved, as long as nothing holds them. */
export const CLEAN_FILE: ReadonlySet<PageClass> = new Set([PageClass.FileClean, PageClass.Buffer]);

export function isOnLru(pageClass: PageClass): boolean {
  return MOVABLE_CLASSES.has(pageClass) && !OFF_LRU.has(pageClass);
}

export interface NaivePage {
  pageClass: PageClass;
  hold: Hold;
}

export interface NaivePageblock {
  /** Index of its zone; undefined where no page is online. */
  zone: number | undefined;
  /** The type below an isolation. */
  type: Migratetype;
  isolated: boolean;
}

/** A free chunk, by its first pfn. */
interface Chunk {
  readonly order: number;
  /** Type of the list that it is on, whatever its pageblock has. */
  readonly type: Migratetype;
}

export interface CachedChunk {
  readonly pfn: number;
  readonly type: Migratetype;
}

/** The refill of a cache: once it has had to steal a chunk it steals the others, too. */
export interface NaiveBulk {
  steals: boolean;
}

export interface NaiveCache {
  readonly batch: number;
  readonly high: number;
  /** How far the doubling of overflows has come; from v6.7 on the pages freed lately. */
  shift: number;
  /** From v6.7 on: doublings of the next refill, and whether the last free was of orders 1 to 3. */
  refillShift: number;
  freedHigh: boolean;
  /** Chunks by list, first out first. */
  readonly lists: Map<string, CachedChunk[]>;
}

export interface NaiveZone {
  readonly kind: ZoneKind;
  readonly node: number;
  /** NR_FREE_PAGES. */
  free: number;
  min: number;
  low: number;
  readonly reserve: number[];
  /** First pfns of free chunks by order and type, from head to tail. */
  readonly lists: number[][][];
  cache: NaiveCache | undefined;
}

/**
 * The buddy allocator of all zones, page by page with arrays and maps, as
 * docs/spec/page-allocator.md tells it. Slow, and without any of the shortcuts of the core.
 */
export class NaiveBuddy {
  readonly zones: NaiveZone[] = [];
  readonly pages: NaivePage[];
  readonly pageblocks: NaivePageblock[];
  /** Free chunks of all zones by their first pfn. */
  readonly chunks = new Map<number, Chunk>();
  protected readonly mm: MmProfile;

  constructor(nrPageblocks: number, mm: MmProfile) {
    this.mm = mm;
    this.pages = Array.from({ length: nrPageblocks * PAGEBLOCK_PAGES }, () => ({
      pageClass: PageClass.Absent,
      hold: 0,
    }));
    this.pageblocks = Array.from({ length: nrPageblocks }, () => ({
      zone: undefined,
      type: Movable,
      isolated: false,
    }));
  }

  addZone(kind: ZoneKind, node: number): number {
    const lists = Array.from({ length: MAX_ORDER + 1 }, () => [[], [], [], [], []]);
    const reserve = [0, 0, 0, 0, 0];
    this.zones.push({ kind, node, free: 0, min: 0, low: 0, reserve, lists, cache: undefined });
    return this.zones.length - 1;
  }

  page(pfn: number): NaivePage {
    const page = this.pages[pfn];
    if (page === undefined) throw new RangeError(`no pfn ${pfn}`);
    return page;
  }

  pageblockOf(pfn: number): NaivePageblock | undefined {
    return this.pageblocks[Math.floor(pfn / PAGEBLOCK_PAGES)];
  }

  /** Type of a page's pageblock as the allocator sees it. */
  typeOf(pfn: number): Migratetype {
    const pageblock = this.pageblockOf(pfn);
    if (pageblock === undefined) throw new RangeError(`no pfn ${pfn}`);
    return pageblock.isolated ? Isolate : pageblock.type;
  }

  zoneIndexOf(pfn: number): number | undefined {
    return this.pageblockOf(pfn)?.zone;
  }

  zoneOf(pfn: number): NaiveZone {
    const zone = this.zones[this.zoneIndexOf(pfn) ?? -1];
    if (zone === undefined) throw new RangeError(`pfn ${pfn} is not online`);
    return zone;
  }

  list(zone: NaiveZone, order: number, type: Migratetype): number[] {
    const list = zone.lists[order]?.[type];
    if (list === undefined) throw new RangeError(`no list ${order} ${type}`);
    return list;
  }

  insert(pfn: number, order: number, type: Migratetype, end: "head" | "tail"): void {
    const list = this.list(this.zoneOf(pfn), order, type);
    if (end === "head") list.unshift(pfn);
    else list.push(pfn);
    this.chunks.set(pfn, { order, type });
  }

  remove(pfn: number): Chunk {
    const chunk = this.chunks.get(pfn);
    if (chunk === undefined) throw new Error(`no free chunk at ${pfn}`);
    const list = this.list(this.zoneOf(pfn), chunk.order, chunk.type);
    list.splice(list.indexOf(pfn), 1);
    this.chunks.delete(pfn);
    return chunk;
  }

  /** The end for chunks that change their list, and for onlined memory. */
  protected get moveEnd(): "head" | "tail" {
    return this.mm.moveToTail ? "tail" : "head";
  }

  /**
   * `__free_one_page()`: frees one chunk whose pages are PageClass.Free already. `type` is that of
   * the freed page.
   */
  freeOne(pfn: number, order: number, type: Migratetype, forceTail = false): void {
    const zone = this.zoneOf(pfn);
    if (order > PAGEBLOCK_ORDER && this.mm.listFollowsBlock) {
      // from v6.10 on pageblock by pageblock
      this.freeOne(pfn, PAGEBLOCK_ORDER, type, forceTail);
      const upper = pfn + PAGEBLOCK_PAGES;
      this.freeOne(upper, PAGEBLOCK_ORDER, this.typeOf(upper), forceTail);
      return;
    }
    if (type !== Isolate) zone.free += 2 ** order;
    let buddy = pfn ^ (2 ** order);
    while (order < MAX_ORDER) {
      buddy = pfn ^ (2 ** order);
      const chunk = this.chunks.get(buddy);
      if (chunk?.order !== order || this.zoneOf(buddy) !== zone) break;
      if (order >= PAGEBLOCK_ORDER && !this.#mayMerge(zone, type, this.typeOf(buddy))) break;
      this.remove(buddy);
      const absorbed = order >= PAGEBLOCK_ORDER && this.typeOf(buddy) !== type;
      if (absorbed && this.mm.listFollowsBlock) this.setType(buddy, order, type);
      pfn = Math.min(pfn, buddy);
      order++;
    }
    const tail = forceTail || this.#mergeLikely(pfn, buddy, order, zone);
    this.insert(pfn, order, type, tail ? "tail" : "head");
  }

  #mayMerge(zone: NaiveZone, type: Migratetype, buddyType: Migratetype): boolean {
    if (type === buddyType) return true;
    if (this.mm.mergeMergeableOnly) return type <= Reclaimable && buddyType <= Reclaimable;
    const anyIsolated = this.pageblocks.some(
      (pageblock) =>
        pageblock.isolated && pageblock.zone !== undefined && this.zones[pageblock.zone] === zone,
    );
    return !anyIsolated || (type !== Isolate && buddyType !== Isolate);
  }

  /** `buddy_merge_likely()`: will the parent of this chunk merge soon? */
  #mergeLikely(pfn: number, buddy: number, order: number, zone: NaiveZone): boolean {
    if (order >= MAX_ORDER - 1) return false;
    const parent = pfn & buddy;
    const other = parent ^ (2 ** (order + 1));
    return this.chunks.get(other)?.order === order + 1 && this.zoneOf(other) === zone;
  }

  /** Sets the type of every pageblock of a chunk of pageblock order or more. */
  setType(pfn: number, order: number, type: Migratetype): void {
    for (let at = pfn; at < pfn + 2 ** order; at += PAGEBLOCK_PAGES) {
      const pageblock = this.pageblockOf(at);
      if (pageblock !== undefined) pageblock.type = type;
    }
  }

  /** Cuts a chunk that is on no list down to `order`; upper halves go to the list heads. */
  #expand(pfn: number, from: number, order: number, type: Migratetype): void {
    for (let at = from - 1; at >= order; at--) this.insert(pfn + 2 ** at, at, type, "head");
  }

  /** `__rmqueue_smallest()`. */
  #smallest(zone: NaiveZone, order: number, type: Migratetype): number | undefined {
    for (let at = order; at <= MAX_ORDER; at++) {
      const pfn = this.list(zone, at, type)[0];
      if (pfn === undefined) continue;
      this.remove(pfn);
      this.#expand(pfn, at, order, type);
      return pfn;
    }
    return undefined;
  }

  /** Moves every free chunk of the pageblock of `pfn`, ascending. Returns the pages moved. */
  moveBlock(pfn: number, type: Migratetype): number {
    const start = pfn - (pfn % PAGEBLOCK_PAGES);
    let moved = 0;
    for (let at = start; at < start + PAGEBLOCK_PAGES; at++) {
      if (!this.chunks.has(at)) continue;
      const { order } = this.remove(at);
      this.insert(at, order, type, this.moveEnd);
      moved += 2 ** order;
    }
    return moved;
  }

  #fallbackTypes(type: Migratetype): Migratetype[] {
    if (type === Unmovable) return [Reclaimable, Movable];
    if (type === Movable) return [Reclaimable, Unmovable];
    return [Unmovable, Movable];
  }

  #fallbackAt(zone: NaiveZone, order: number, type: Migratetype): number | undefined {
    for (const other of this.#fallbackTypes(type)) {
      const pfn = this.list(zone, order, other)[0];
      if (pfn !== undefined) return pfn;
    }
    return undefined;
  }

  #mayClaim(order: number, type: Migratetype): boolean {
    return order >= 4 || type !== Movable;
  }

  /** Is half of the pageblock free or in use by pages of a like kind? */
  #halfAlike(pfn: number, type: Migratetype, old: Migratetype): boolean {
    const start = pfn - (pfn % PAGEBLOCK_PAGES);
    let free = 0;
    let movable = 0;
    for (let at = start; at < start + PAGEBLOCK_PAGES; at++) {
      const { pageClass } = this.page(at);
      if (pageClass === PageClass.Free) free++;
      if (MOVABLE_CLASSES.has(pageClass)) movable++;
    }
    let alike = 0;
    if (type === Movable) alike = movable;
    else if (old === Movable) alike = PAGEBLOCK_PAGES - free - movable;
    return free + alike >= PAGEBLOCK_PAGES / 2;
  }

  /** `__rmqueue_fallback()` until v6.9. False where there is nothing to take. */
  #stealSuitableFallback(
    zone: NaiveZone,
    order: number,
    type: Migratetype,
    least: number,
  ): boolean {
    let pfn: number | undefined;
    let at = MAX_ORDER;
    for (; at >= least; at--) {
      pfn = this.#fallbackAt(zone, at, type);
      if (pfn !== undefined) break;
    }
    if (pfn === undefined) return false;
    if (!this.#mayClaim(at, type) && at > order) {
      for (at = order; at <= MAX_ORDER; at++) {
        pfn = this.#fallbackAt(zone, at, type);
        if (pfn !== undefined) break;
      }
    }
    if (pfn === undefined) throw new Error("the smaller chunk is gone");
    const old = this.typeOf(pfn);
    const wholeBlock = old !== HighAtomic && at < PAGEBLOCK_ORDER && this.#mayClaim(at, type);
    if (wholeBlock) {
      const half = this.#halfAlike(pfn, type, old);
      this.moveBlock(pfn, type);
      if (half) this.setType(pfn - (pfn % PAGEBLOCK_PAGES), PAGEBLOCK_ORDER, type);
      return true;
    }
    if (old !== HighAtomic && at >= PAGEBLOCK_ORDER) this.setType(pfn, at, type);
    this.remove(pfn);
    this.insert(pfn, at, type, this.moveEnd);
    return true;
  }

  /** `__rmqueue_claim()`, v6.15. */
  #claim(zone: NaiveZone, order: number, type: Migratetype, least: number): number | undefined {
    for (let at = MAX_ORDER; at >= least && this.#mayClaim(at, type); at--) {
      const pfn = this.#fallbackAt(zone, at, type);
      if (pfn === undefined) continue;
      if (at >= PAGEBLOCK_ORDER) {
        this.remove(pfn);
        this.setType(pfn, at, type);
        this.#expand(pfn, at, order, type);
        return pfn;
      }
      if (!this.#halfAlike(pfn, type, this.typeOf(pfn))) continue;
      this.moveBlock(pfn, type);
      this.setType(pfn - (pfn % PAGEBLOCK_PAGES), PAGEBLOCK_ORDER, type);
      return this.#smallest(zone, order, type);
    }
    return undefined;
  }

  /** `__rmqueue_steal()`, v6.15. */
  #steal(zone: NaiveZone, order: number, type: Migratetype): number | undefined {
    for (let at = order; at <= MAX_ORDER; at++) {
      const pfn = this.#fallbackAt(zone, at, type);
      if (pfn === undefined) continue;
      const chunk = this.remove(pfn);
      this.#expand(pfn, at, order, chunk.type);
      return pfn;
    }
    return undefined;
  }

  /**
   * One chunk out of the zone, with fallback. `noFragment`: no chunk below pageblock order changes
   * its type.
   */
  take(
    zone: NaiveZone,
    order: number,
    type: Migratetype,
    noFragment: boolean,
    bulk?: NaiveBulk,
  ): number | undefined {
    const least = noFragment ? Math.max(order, PAGEBLOCK_ORDER) : order;
    let pfn = bulk?.steals === true ? undefined : this.#smallest(zone, order, type);
    if (this.mm.claimOrSteal) {
      if (bulk?.steals !== true) pfn ??= this.#claim(zone, order, type, least);
      if (pfn === undefined && !noFragment) {
        pfn = this.#steal(zone, order, type);
        if (pfn !== undefined && bulk !== undefined) bulk.steals = true;
      }
    } else {
      while (pfn === undefined && this.#stealSuitableFallback(zone, order, type, least)) {
        pfn = this.#smallest(zone, order, type);
      }
    }
    if (pfn !== undefined) zone.free -= 2 ** order;
    return pfn;
  }
}
