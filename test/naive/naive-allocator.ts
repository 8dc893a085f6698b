import {
  AllocFlag,
  Hold,
  JournalKind,
  Migratetype,
  NO_PFN,
  PageClass,
} from "../../src/core/abi.js";
import type { Migration } from "../../src/core/migration-journal.js";
import type { PageRequest } from "../../src/core/page-request.js";
import type { ZoneKind } from "../../src/core/zone-kind.js";
import { ZoneKindNumber } from "../../src/core/abi.js";
import {
  CLEAN_FILE,
  isOnLru,
  MAX_ORDER,
  NaiveBuddy,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  type NaivePage,
  type CachedChunk,
  type NaiveCache,
  type NaiveZone,
} from "./naive-buddy.js";

const { Unmovable, Movable, Reclaimable, Isolate } = Migratetype;

/** Cache lists in the order in which they overflow and drain (`free_pcppages_bulk()`). */
const CACHE_LISTS = [
  ...[0, 1, 2, 3].flatMap((order) =>
    [Unmovable, Movable, Reclaimable].map((type) => cacheList(order, type)),
  ),
  cacheList(PAGEBLOCK_ORDER, Unmovable),
  cacheList(PAGEBLOCK_ORDER, Movable),
];

/** Order 9 has two lists: movable, and the other two types. */
function cacheList(order: number, type: Migratetype): string {
  const shared = order === PAGEBLOCK_ORDER && type === Reclaimable ? Unmovable : type;
  return `${order}/${shared}`;
}

function orderOf(list: string): number {
  return Number(list.split("/")[0]);
}

function distance(from: number, to: number): number {
  // nodes above come before nodes below at the same distance
  return Math.abs(from - to) + (to < from ? 0.5 : 0);
}

/** The zone list walk, watermarks and per-CPU caches (docs/spec/page-allocator.md). One CPU. */
export class NaiveAllocator extends NaiveBuddy {
  protected journal: Migration[] = [];
  #reclaimAt = 0;
  /**
   * Pages that an attempt could not move, on their way back to their lists: what they are again
   * then.
   */
  protected readonly lruBatch: { pfn: number; page: NaivePage }[] = [];

  setWatermarks(zone: number, min: number, low: number): void {
    Object.assign(this.zoneAt(zone), { min, low });
  }

  setLowmemReserve(zone: number, kind: ZoneKind, pages: number): void {
    this.zoneAt(zone).reserve[ZoneKindNumber[kind]] = pages;
  }

  zoneAt(zone: number): NaiveZone {
    const found = this.zones[zone];
    if (found === undefined) throw new RangeError(`no zone ${zone}`);
    return found;
  }

  /** Zones that may serve a request, in the order in which they are tried. */
  #zoneList(node: number, kind: ZoneKind): NaiveZone[] {
    return this.zones
      .filter((zone) => ZoneKindNumber[zone.kind] <= ZoneKindNumber[kind])
      .sort(
        (a, b) =>
          distance(node, a.node) - distance(node, b.node) ||
          ZoneKindNumber[b.kind] - ZoneKindNumber[a.kind],
      );
  }

  #passes(zone: NaiveZone, order: number, kind: ZoneKind, mark: number): boolean {
    const usable = zone.free - (2 ** order - 1);
    if (usable <= mark + (zone.reserve[ZoneKindNumber[kind]] ?? 0)) return false;
    if (order === 0) return true;
    return zone.lists.some(
      (types, at) =>
        at >= order && [Unmovable, Movable, Reclaimable].some((type) => types[type]?.length),
    );
  }

  #startsNoFragment(zone: NaiveZone): boolean {
    if (zone.kind !== "Normal") return false;
    if (new Set(this.zones.map(({ node }) => node)).size === 1) return true;
    return this.pageblocks.some((pageblock) => {
      const other = this.zones[pageblock.zone ?? -1];
      return other?.kind === "DMA32" && other.node === zone.node;
    });
  }

  /**
   * Free pages for a request; their class is the caller's to set. `otherNodes`: none of `node`
   * itself.
   */
  takePages(
    order: number,
    type: Migratetype,
    kind: ZoneKind,
    node: number,
    flags: number,
    otherNodes = false,
  ): number | undefined {
    const zones = this.#zoneList(node, kind).filter((zone) => !otherNodes || zone.node !== node);
    const own = zones.filter((zone) => zone.node === node);
    const allowed = flags & AllocFlag.ThisNode ? own : zones;
    const walk = (list: NaiveZone[], mark: "low" | "min", noFragment: boolean) => {
      for (const zone of list) {
        const ignored = flags & AllocFlag.NoWatermarks;
        if (!ignored && !this.#passes(zone, order, kind, zone[mark])) continue;
        const pfn = this.#takeFrom(zone, order, type, noFragment);
        if (pfn !== undefined) return pfn;
      }
      return undefined;
    };
    const preferred = zones[0];
    let pfn: number | undefined;
    if (preferred?.node === node && this.#startsNoFragment(preferred)) pfn = walk(own, "low", true);
    pfn ??= walk(allowed, "low", false);
    if (flags & AllocFlag.NoWatermarks) return pfn;
    pfn ??= walk(allowed, "min", false);
    while (pfn === undefined && order === 0 && this.#reclaim(kind)) {
      pfn = walk(allowed, "min", false);
    }
    return pfn;
  }

  /**
   * Drops up to 32 clean file pages of zones up to `kind`, by address from where the last search
   * ended. False: there are none.
   */
  #reclaim(kind: ZoneKind): boolean {
    let dropped = 0;
    for (let looked = 0; looked < this.pageblocks.length && dropped < 32; looked++) {
      const block = this.#reclaimAt % this.pageblocks.length;
      const start = block * PAGEBLOCK_PAGES;
      const pageblock = this.pageblocks[block];
      const zone = this.zones[pageblock?.zone ?? -1];
      const allowed =
        zone !== undefined &&
        ZoneKindNumber[zone.kind] <= ZoneKindNumber[kind] &&
        pageblock?.isolated === false;
      for (let pfn = start; allowed && pfn < start + PAGEBLOCK_PAGES && dropped < 32; pfn++) {
        const { pageClass, hold } = this.page(pfn);
        if (!CLEAN_FILE.has(pageClass) || hold !== Hold.None) continue;
        this.free(pfn, 0);
        this.note(pfn, NO_PFN, JournalKind.Dropped, 0, pageClass);
        dropped++;
      }
      if (dropped < 32) this.#reclaimAt = block + 1;
    }
    return dropped > 0;
  }

  note(source: number, target: number, kind: JournalKind, order: number, c: PageClass): void {
    this.journal.push({ source, target, kind, order, pageClass: c });
  }

  tryAlloc(request: PageRequest): number | undefined {
    const { order, type, pageClass, kind, node, flags = 0 } = request;
    const pfn = this.takePages(order, type, kind, node, flags);
    if (pfn === undefined) return undefined;
    // the first page carries the class; the others, too, in a compound page and from pageblock
    // order on in the first pageblock
    const carried = flags & AllocFlag.Compound ? 2 ** order : order >= PAGEBLOCK_ORDER ? 512 : 1;
    this.setRange(pfn, 2 ** order, PageClass.Tail);
    this.setRange(pfn, carried, pageClass);
    return pfn;
  }

  /**
   * A page that could not be moved waits in a batch; 2 MiB pages and pages off the LRU do
   * not.
   */
  protected putBack(pfn: number): void {
    const page = this.page(pfn);
    if (!isOnLru(page.pageClass) || page.pageClass === PageClass.Thp) return;
    this.lruBatch.push({ pfn, page: { ...page } });
    Object.assign(page, { pageClass: PageClass.LruPending, hold: Hold.None });
    if (this.lruBatch.length >= (this.mm.largeLruBatch ? 31 : 15)) this.flushLruBatch();
  }

  protected flushLruBatch(): void {
    for (const { pfn, page } of this.lruBatch.splice(0)) Object.assign(this.page(pfn), page);
  }

  setRange(pfn: number, nr: number, pageClass: PageClass, hold: Hold = 0): void {
    for (let at = pfn; at < pfn + nr; at++) this.setPage(at, pageClass, hold);
  }

  free(pfn: number, order: number): void {
    this.setRange(pfn, 2 ** order, PageClass.Free);
    this.release(pfn, order);
  }

  freeRun(pfn: number, nr: number): void {
    for (let at = pfn; at < pfn + nr; at++) this.free(at, 0);
  }

  setPage(pfn: number, pageClass: PageClass, hold: Hold): void {
    const waiting = this.lruBatch.findIndex((entry) => entry.pfn === pfn);
    if (waiting >= 0) this.lruBatch.splice(waiting, 1);
    Object.assign(this.page(pfn), { pageClass, hold });
  }

  /** Pages that wait in LRU batches reach the LRU. */
  drainLru(): void {
    this.flushLruBatch();
    for (const page of this.pages) {
      if (page.pageClass === PageClass.LruPending) page.pageClass = PageClass.Anon;
    }
  }

  // ------------------------------------------------ per-CPU caches

  setCache(zone: number, batch: number, high: number): void {
    this.drainCaches(zone);
    const lists = new Map(CACHE_LISTS.map((list) => [list, []]));
    this.zoneAt(zone).cache =
      high === 0 ? undefined : { batch, high, shift: 0, refillShift: 0, freedHigh: false, lists };
  }

  #cacheFor(zone: NaiveZone, order: number): NaiveCache | undefined {
    const passes = this.mm.cacheHighOrders ? order <= 3 || order === PAGEBLOCK_ORDER : order === 0;
    return passes ? zone.cache : undefined;
  }

  #listIn(cache: NaiveCache, list: string): CachedChunk[] {
    const found = cache.lists.get(list);
    if (found === undefined) throw new Error(`no cache list ${list}`);
    return found;
  }

  cachedPages(cache: NaiveCache): number {
    let pages = 0;
    for (const [list, chunks] of cache.lists) pages += chunks.length * 2 ** orderOf(list);
    return pages;
  }

  #takeFrom(
    zone: NaiveZone,
    order: number,
    type: Migratetype,
    noFragment: boolean,
  ): number | undefined {
    const cache = this.#cacheFor(zone, order);
    if (cache === undefined) return this.take(zone, order, type, noFragment);
    cache.shift >>= 1;
    const list = this.#listIn(cache, cacheList(order, type));
    if (list.length === 0) {
      const batch = this.mm.cacheTunes ? this.#tunedBatch(cache, order) : cache.batch;
      const wanted = batch === 1 ? 1 : Math.max(batch >> order, 2);
      const bulk = { steals: false };
      while (list.length < wanted) {
        const pfn = this.take(zone, order, type, noFragment, bulk);
        if (pfn === undefined) break;
        this.setRange(pfn, 2 ** order, PageClass.Cached);
        // the requested type, whatever the pageblock has
        list.push({ pfn, type });
      }
    }
    const pfn = list.shift()?.pfn;
    if (pfn !== undefined) this.setRange(pfn, 2 ** order, PageClass.Free);
    return pfn;
  }

  /** Gives free pages back, through the cache where the zone has one. */
  release(pfn: number, order: number): void {
    const zone = this.zoneOf(pfn);
    const type = this.typeOf(pfn);
    const cache = this.#cacheFor(zone, order);
    if (cache === undefined || type === Isolate) {
      this.freeOne(pfn, order, type);
      return;
    }
    const list = cacheList(order, type <= Reclaimable ? type : Movable);
    this.setRange(pfn, 2 ** order, PageClass.Cached);
    this.#listIn(cache, list).unshift({ pfn, type });
    const cached = this.cachedPages(cache);
    if (this.mm.cacheTunes) {
      this.#overflowTuned(cache, order, list);
    } else if (cache.shift > 0 && order >= 1 && order <= 3) {
      this.#freePcppagesBulk(cache, cached, list);
    } else if (cached >= cache.high) {
      this.#freePcppagesBulk(cache, this.#overflow(cache), list);
    }
  }

  /** `nr_pcp_alloc()`, v6.7, where high_min is high_max. */
  #tunedBatch(cache: NaiveCache, order: number): number {
    const { batch, high } = cache;
    if (high < batch) return 1;
    if (order > 0) return batch;
    const most = Math.max(high - this.cachedPages(cache) - batch, batch);
    const wanted = batch * 2 ** cache.refillShift;
    if (wanted <= most && cache.refillShift < 5) cache.refillShift++;
    return Math.min(wanted, most);
  }

  /** `free_unref_page_commit()`, v6.7: as many pages go back as were freed lately. */
  #overflowTuned(cache: NaiveCache, order: number, list: string): void {
    const { batch, high, shift: freed } = cache;
    const isHigh = order >= 1 && order <= 3;
    const enough = batch + (this.mm.cacheFlushesLate ? Math.floor(high / 2) : 0);
    const flushes = isHigh && cache.freedHigh && freed >= enough;
    cache.refillShift >>= 1;
    cache.freedHigh = isHigh;
    if (freed < batch * 32) cache.shift += 2 ** order;
    const cached = this.cachedPages(cache);
    if (!flushes && cached < high) return;
    let amount = Math.max(batch, Math.min(cache.shift, high - batch));
    if (flushes) amount = Math.min(cached, batch * 32);
    else if (high < batch) amount = 1;
    const part = this.mm.cacheSpillsInBatches ? batch : amount;
    for (; amount > 0 && this.cachedPages(cache) > 0; amount -= part) {
      this.#freePcppagesBulk(cache, Math.min(amount, part), list);
    }
  }

  /** Pages to free on an overflow; doubles from one to the next (`nr_pcp_free()`). */
  #overflow(cache: NaiveCache): number {
    const { batch, high } = cache;
    if (high < batch) return 1;
    const amount = batch << cache.shift;
    if (amount < high - batch && cache.shift < 5) cache.shift++;
    return Math.max(batch, Math.min(amount, high - batch));
  }

  /**
   * Frees the oldest cached chunks, going round the lists from `first` on, until `amount` pages are
   * reached.
   */
  #freePcppagesBulk(cache: NaiveCache, amount: number, first: string): void {
    let left = Math.min(amount, this.cachedPages(cache));
    for (let at = CACHE_LISTS.indexOf(first); left > 0; at++) {
      const list = CACHE_LISTS[at % CACHE_LISTS.length] ?? first;
      const order = orderOf(list);
      const chunks = this.#listIn(cache, list);
      while (left > 0) {
        const oldest = chunks.pop();
        if (oldest === undefined) break;
        left -= 2 ** order;
        this.setRange(oldest.pfn, 2 ** order, PageClass.Free);
        const anyIsolated = this.pageblocks.some(
          (pageblock) => pageblock.isolated && pageblock.zone === this.zoneIndexOf(oldest.pfn),
        );
        const reread = anyIsolated || this.mm.listFollowsBlock;
        const type = reread ? this.typeOf(oldest.pfn) : oldest.type;
        this.freeOne(oldest.pfn, order, type);
      }
    }
  }

  drainCaches(zone: number): void {
    const { cache } = this.zoneAt(zone);
    if (cache === undefined) return;
    const first = CACHE_LISTS[0];
    if (first !== undefined) this.#freePcppagesBulk(cache, this.cachedPages(cache), first);
  }

  // ------------------------------------------------ looking

  freePages(zone: number): number {
    return this.zoneAt(zone).free;
  }

  freeChunks(zone: number): number[] {
    return this.zoneAt(zone).lists.map((types) =>
      types.reduce((sum, list) => sum + list.length, 0),
    );
  }

  freeList(zone: number, order: number, type: Migratetype): number[] {
    return this.list(this.zoneAt(zone), order, type);
  }

  /**
   * Frees [pfn, pfn + nr) in aligned chunks of the largest order, at most `maxOrder`, that divides
   * start and length.
   */
  protected freeEvenly(pfn: number, nr: number, maxOrder: number, forceTail: boolean): void {
    let order = Math.min(maxOrder, MAX_ORDER);
    while (pfn % 2 ** order !== 0 || nr % 2 ** order !== 0) order--;
    for (let at = pfn; at < pfn + nr; at += 2 ** order) {
      this.freeOne(at, order, this.typeOf(at), forceTail);
    }
  }
}
