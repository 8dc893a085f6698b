import { LoadMode, NO_PFN, PAGEBLOCK_ORDER, PAGEBLOCK_PAGES, type PageClass } from "./abi.js";
import { check } from "./answer.js";
import type { Core } from "./load.js";
import type { Scratch } from "./scratch.js";

/** What a load had to guess. */
export interface LoadSummary {
  /** Reference counts were known, so pins and cached pages were not guessed. */
  readonly hasReferences: boolean;
  /** Pages without flags that count as free: most likely in a per-CPU cache. */
  readonly cachedPages: number;
  /** Pages without flags that count as kernel memory. */
  readonly unknownPages: number;
  /** Expected number of pageblocks among the cached ones that hide a kernel page. */
  readonly hiddenPageblocks: number;
  /** Pageblocks with clean buffers that count as held by the journal, and such that count as let go. */
  readonly heldBufferBlocks: number;
  readonly releasedBufferBlocks: number;
  /** Anonymous pages that count as pinned, by their flags alone. */
  readonly pinnedPages: number;
}

/**
 * Takes in the pages of a captured guest. Between the first {@link loadFlags} and {@link finishLoad} free pages are on no list, and
 * nothing else can be asked of the guest.
 */
export class PageLoader {
  readonly #core: Core;
  readonly #scratch: Scratch;

  constructor(core: Core, scratch: Scratch) {
    this.#core = core;
    this.#scratch = scratch;
  }

  /** Pages that {@link loadFlags} takes at once. */
  static readonly MAX_LOAD_PAGES = 65536;

  /**
   * Loads whole absent pageblocks into a zone from kpageflags words, and extended page state where it is known.
   *
   * @param flags - little-endian u64 per page, at most {@link MAX_LOAD_PAGES} of them, from `startPfn` on.
   * @param extended - likewise; undefined where nobody recorded it.
   * @param inDevice - the pages lie in the device's region: PG_offline there means unplugged.
   * @param keepCached - pages in per-CPU caches stay there, for {@link adoptCache}; needs `extended`.
   */
  loadFlags(
    startPfn: number,
    zone: number,
    flags: Uint8Array,
    extended: Uint8Array | undefined,
    inDevice: boolean,
    keepCached = false,
  ): void {
    const nrPages = flags.length / 8;
    new Uint8Array(this.#core.memory.buffer, this.#core.staging(), flags.length).set(flags);
    if (extended !== undefined) {
      new Uint8Array(this.#core.memory.buffer, this.#core.staging2(), extended.length).set(
        extended,
      );
    }
    const mode =
      (extended === undefined ? 0 : LoadMode.Extended) |
      (inDevice ? LoadMode.InDevice : 0) |
      (keepCached ? LoadMode.KeepCached : 0);
    check(this.#core.loadFlags(startPfn, nrPages, zone, mode), `load pfn ${startPfn}`);
  }

  /** Takes the pages of a zone that were loaded as cached into the cache of its first CPU; see setCache(). */
  adoptCache(zone: number): void {
    check(this.#core.adoptCache(zone), `take over the cached pages of zone ${zone}`);
  }

  /** Says that a pageblock that was loaded without a flag on any page holds the struct pages of a memory block. */
  markMemmap(startPfn: number): void {
    check(this.#core.markMemmap(startPfn >>> PAGEBLOCK_ORDER), `mark a memmap at pfn ${startPfn}`);
  }

  /** Decides which pages without flags of a zone are in its per-CPU caches, which hold `cachedPages`. */
  settleZone(zone: number, cachedPages: number): void {
    check(this.#core.settleZone(zone, cachedPages), `settle zone ${zone}`);
  }

  /**
   * Ends a load: decides which pages are held in place, and builds the free lists.
   *
   * @param hasReferences - the extended state was loaded, too.
   */
  finishLoad(hasReferences: boolean): LoadSummary {
    check(this.#core.finishLoad(), "build the free lists");
    const [cachedPages = 0, unknownPages = 0, hiddenMilli = 0, held = 0, released = 0, pinned = 0] =
      this.#scratch.words;
    return {
      hasReferences,
      cachedPages,
      unknownPages,
      hiddenPageblocks: hiddenMilli / 1000,
      heldBufferBlocks: held,
      releasedBufferBlocks: released,
      pinnedPages: pinned,
    };
  }

  /** First pfns of the pageblocks whose 512 pages are all of one class, ascending. */
  uniformPageblocks(pageClass: PageClass): number[] {
    const found: number[] = [];
    for (let block = 0; ; block++) {
      block = this.#core.nextUniformBlock(block, pageClass) >>> 0;
      if (block === NO_PFN) return found;
      found.push(block * PAGEBLOCK_PAGES);
    }
  }
}
