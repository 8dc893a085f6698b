import { expect } from "vitest";

import { JournalKind, Migratetype, PageClass, type Hold } from "../../src/core/abi.js";
import type { Bitmap } from "../../src/core/bitmap.js";
import type { Migration } from "../../src/core/migration-journal.js";
import { PageMemory } from "../../src/core/page-memory.js";
import type { PageRequest } from "../../src/core/page-request.js";
import type { ZoneKind } from "../../src/core/zone-kind.js";
import { linuxProfile, type ProfileName } from "../../src/linux/profile.js";
import { coreModule } from "../core-under-test.js";
import { NaiveMemory } from "./naive-memory.js";

export interface TwinZone {
  readonly kind: ZoneKind;
  readonly node: number;
  /** Pageblocks that are online at first. */
  readonly firstBlock: number;
  readonly nrBlocks: number;
}

/** Pages that the test has allocated. */
export interface Owner {
  pfn: number;
  readonly order: number;
  pageClass: PageClass;
}

const BLOCK = 512;
/** A page on its way to the LRU, for whatever its owner has it. */
const SAME_ON_LRU: ReadonlySet<PageClass> = new Set([PageClass.LruPending, PageClass.Anon]);
const UNOWNED: ReadonlySet<PageClass> = new Set([
  PageClass.Free,
  PageClass.Absent,
  PageClass.Offline,
  PageClass.NeverOnlined,
  PageClass.Cached,
]);

/** The part of a range from `from` on. */
function rest({ start, nr }: { start: number; nr: number }, from: number) {
  const first = Math.max(start, from);
  return { start: first, nr: start + nr - first };
}

/**
 * The core and the naive model side by side: each step is done by both, and what they answer, their
 * journals and all their free lists must be the same.
 */
export class Twin {
  readonly core: PageMemory;
  readonly naive: NaiveMemory;
  readonly zones: readonly TwinZone[];
  readonly nrBlocks: number;
  /** Owners by number; a number is never used again. */
  readonly owners: Owner[] = [];
  /** Ranges that allocContig() took. */
  readonly ranges: { start: number; nr: number; offline: boolean }[] = [];
  readonly isolated: { start: number; nr: number }[] = [];
  readonly #removable: Bitmap;

  constructor(profile: ProfileName, nrBlocks: number, zones: readonly TwinZone[]) {
    const { mm } = linuxProfile(profile);
    this.zones = zones;
    this.nrBlocks = nrBlocks;
    this.core = PageMemory.createSync(nrBlocks * BLOCK, mm, coreModule());
    this.naive = new NaiveMemory(nrBlocks, mm);
    this.core.journal.open(1 << 20);
    this.#removable = this.core.createBitmap(nrBlocks);
    for (const { kind, node } of zones) {
      expect(this.core.addZone(kind, node)).toBe(this.naive.addZone(kind, node));
    }
    for (const [zone, { firstBlock, nrBlocks: nr }] of zones.entries()) {
      if (nr > 0) this.online(zone, firstBlock, nr);
    }
  }

  online(zone: number, firstBlock: number, nrBlocks: number, runs?: [number, number][]): void {
    const start = firstBlock * BLOCK;
    const plugged = runs ?? [[start, nrBlocks * BLOCK]];
    this.core.online(zone, start, nrBlocks * BLOCK, plugged);
    this.naive.online(zone, start, nrBlocks * BLOCK, plugged);
  }

  alloc(request: PageRequest): Owner | undefined {
    const pfn = this.core.tryAlloc(request);
    expect(pfn).toBe(this.naive.tryAlloc(request));
    this.#followMoves();
    if (pfn === undefined) return undefined;
    const owner = { pfn, order: request.order, pageClass: request.pageClass };
    this.owners.push(owner);
    return owner;
  }

  free(owner: Owner): void {
    this.owners.splice(this.owners.indexOf(owner), 1);
    this.core.free(owner.pfn, owner.order);
    this.naive.free(owner.pfn, owner.order);
  }

  setPage(owner: Owner, pageClass: PageClass, hold: Hold): void {
    this.core.setPage(owner.pfn, pageClass, hold);
    this.naive.setPage(owner.pfn, pageClass, hold);
    owner.pageClass = pageClass;
  }

  contig(start: number, nr: number): number {
    const { errno, stage, blockingPfn } = this.core.allocContig(start, nr);
    expect({ errno, stage, blockingPfn }).toEqual(this.naive.allocContig(start, nr));
    this.#followMoves();
    if (errno === 0) this.ranges.push({ start, nr, offline: false });
    return errno;
  }

  giveBack(index: number): void {
    const [range] = this.ranges.splice(index, 1);
    if (range === undefined) return;
    this.core.freeContig(range.start, range.nr);
    this.naive.freeContig(range.start, range.nr);
  }

  markOffline(index: number): void {
    const range = this.ranges[index];
    if (range === undefined || range.offline) return;
    this.core.markOffline(range.start, range.nr);
    this.naive.markOffline(range.start, range.nr);
    range.offline = true;
  }

  isolate(start: number, nr: number): void {
    const isolated = this.core.tryIsolate(start, nr);
    expect(isolated).toBe(this.naive.tryIsolate(start, nr));
    if (isolated) this.isolated.push({ start, nr });
  }

  unisolate(index: number): void {
    const [range] = this.isolated.splice(index, 1);
    if (range === undefined) return;
    this.core.unisolate(range.start, range.nr);
    this.naive.unisolate(range.start, range.nr);
  }

  offline(start: number, nr: number): number {
    const answer = this.core.offline(start, nr);
    expect(answer).toEqual(this.naive.offline(start, nr));
    this.#followMoves();
    if (answer.errno !== 0) return answer.errno;
    // what was unplugged there is gone with its pageblocks
    const parts = this.ranges.splice(0).flatMap((range) => [
      { ...range, nr: Math.min(range.nr, start - range.start) },
      { ...range, ...rest(range, start + nr) },
    ]);
    this.ranges.push(...parts.filter((part) => part.nr > 0));
    return 0;
  }

  setCache(zone: number, batch: number, high: number): void {
    this.core.setCache(zone, 1, batch, high);
    this.naive.setCache(zone, batch, high);
  }

  /** Holds every n-th movable single page, beginning somewhere. */
  hold(first: number, every: number, hold: Hold): void {
    for (const [at, owner] of this.owners.entries()) {
      if ((at + first) % every !== 0 || owner.order > 0) continue;
      this.setPage(owner, this.naive.page(owner.pfn).pageClass, hold);
    }
  }

  drain(what: "caches" | "lru"): void {
    if (what === "lru") {
      this.core.drainLru();
      this.naive.drainLru();
      return;
    }
    for (const zone of this.zones.keys()) {
      this.core.drainCaches(zone);
      this.naive.drainCaches(zone);
    }
  }

  #followMoves(): void {
    const journal = this.core.journal.take();
    expect(journal).toEqual(this.naive.takeJournal());
    this.#replay(journal);
  }

  /** The journal alone tells where every page went. */
  #replay(journal: readonly Migration[]): void {
    const byPfn = new Map(this.owners.map((owner) => [owner.pfn, owner]));
    for (const { source, target, kind, order, pageClass } of journal) {
      const owner = byPfn.get(source);
      if (owner === undefined) throw new Error(`pfn ${source} moved, but has no owner`);
      // pages that waited for the LRU have reached it
      if (owner.pageClass === PageClass.LruPending) owner.pageClass = PageClass.Anon;
      expect({ order, pageClass }).toEqual({ order: owner.order, pageClass: owner.pageClass });
      if (kind === JournalKind.Failed) continue;
      byPfn.delete(source);
      if (kind === JournalKind.Moved) {
        owner.pfn = target;
        byPfn.set(target, owner);
        continue;
      }
      this.owners.splice(this.owners.indexOf(owner), 1);
      if (kind === JournalKind.Dropped) continue;
      for (let page = 0; page < 2 ** order; page++) {
        const part = { pfn: source + page, order: 0, pageClass: PageClass.Anon as PageClass };
        this.owners.push(part);
        byPfn.set(part.pfn, part);
      }
    }
  }

  /** Throws where the two differ, or the core's invariants are broken. */
  compare(): void {
    expect(this.core.validate()).toBeUndefined();
    for (const zone of this.zones.keys()) {
      const present = this.naive.pageblocks.filter((block) => block.zone === zone).length;
      expect(this.core.presentPages(zone)).toBe(present * BLOCK);
      expect(this.#picture(this.core, zone)).toEqual(this.#picture(this.naive, zone));
    }
    for (let block = 0; block < this.nrBlocks; block++) this.#compareBlock(block);
    this.#compareOwners();
    this.#compareRemovable();
  }

  #picture(memory: PageMemory | NaiveMemory, zone: number): Record<string, unknown> {
    const lists: Record<string, readonly number[]> = {};
    for (let order = 0; order <= 10; order++) {
      for (const [name, type] of Object.entries(Migratetype)) {
        const list = memory.freeList(zone, order, type);
        if (list.length > 0) lists[`${name} ${order}`] = list;
      }
    }
    return { ...lists, free: memory.freePages(zone), chunks: memory.freeChunks(zone) };
  }

  #compareBlock(block: number): void {
    const start = block * BLOCK;
    const zone = this.core.zoneIndex(start);
    expect(zone).toBe(this.naive.zoneIndexOf(start));
    if (zone === undefined) return;
    expect(this.core.pageblockType(start)).toBe(this.naive.typeOf(start));
    for (let pfn = start; pfn < start + BLOCK; pfn++) {
      const state = this.core.pageState(pfn);
      const chunk = this.naive.chunks.get(pfn);
      const { pageClass, hold } = this.naive.page(pfn);
      const expected =
        chunk === undefined ? pageClass | (hold << 5) : 0x80 | (chunk.type << 4) | chunk.order;
      if (state !== expected) throw new Error(`pfn ${pfn}: state ${state}, naive ${expected}`);
    }
  }

  /**
   * Counters and bitmap answer as a look at every page does, for single pageblocks and for pairs.
   */
  #compareRemovable(): void {
    const goes = this.naive.pageblocks.map((_, block) => this.naive.couldGo(block));
    expect(this.core.countRemovable(0, 1, this.nrBlocks, this.#removable)).toBe(
      goes.filter(Boolean).length,
    );
    expect(goes.map((_, block) => this.#removable.test(block))).toEqual(goes);
    const pairs = goes.filter((first, block) => block % 2 === 0 && first && goes[block + 1]);
    expect(this.core.countRemovable(0, 2, this.nrBlocks >> 1)).toBe(pairs.length);
  }

  /**
   * Throws unless every page in use belongs to an owner or a range, and is what its owner holds it
   * for.
   */
  #compareOwners(): void {
    const used = this.naive.pages.filter(({ pageClass }) => !UNOWNED.has(pageClass)).length;
    const owned = this.owners.reduce((sum, { order }) => sum + 2 ** order, 0);
    const taken = this.ranges.reduce((sum, { nr, offline }) => sum + (offline ? 0 : nr), 0);
    expect(used).toBe(owned + taken);
    for (const { pfn, pageClass } of this.owners) {
      const { pageClass: actual } = this.naive.page(pfn);
      const same = actual === pageClass || SAME_ON_LRU.has(actual);
      if (!same) throw new Error(`pfn ${pfn}: class ${actual}, its owner says ${pageClass}`);
    }
  }
}
