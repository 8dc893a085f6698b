import {
  LoadMode,
  NO_PFN,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  type Doubt,
  type Migratetype,
  type PageClass,
} from "./abi.js";
import { check } from "./answer.js";
import { FLAG_SURVEY_WORDS, flagSurveyOf, type FlagSurvey } from "./flag-survey.js";
import type { Core } from "./load.js";
import type { Scratch } from "./scratch.js";
import type { StructPageLayout } from "../struct-page.js";
import { optionError } from "../input-error.js";

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
  /**
   * Pageblocks with clean buffers that count as held by the journal, and such that count as
   * released.
   */
  readonly heldBufferBlocks: number;
  /** Pageblocks with clean buffers that count as released by the journal. */
  readonly releasedBufferBlocks: number;
  /** Anonymous pages that count as pinned, by their flags alone. */
  readonly pinnedPages: number;
  /** Expected number of pinned pages that look like any other anonymous page of a program. */
  readonly hiddenPins: number;
  /** How many pages there are among which the hidden pins are. */
  readonly openPages: number;
  /** Free chunks whose place on their list is known by the kernel's own. Default: none. */
  readonly orderedChunks?: number;
  /** Free chunks that the kernel counts, where its lists were captured. */
  readonly kernelChunks?: number;
  /** Where free lists and the guest's own counters say otherwise, in words. */
  readonly listDifferences?: readonly string[];
}

/** A list of the kernel's, by the first and the last of its pages. */
export interface LinkedList {
  readonly order: number;
  readonly type: Migratetype;
  readonly first: number;
  readonly last: number;
}

/** What pages are loaded from, and what of them is known. */
export interface LoadPagesOptions {
  /** The extended page state was laid out, too. */
  readonly hasExtended: boolean;
  /** The pages lie in the device's region: PG_offline there means unplugged. */
  readonly inDevice: boolean;
  /**
   * Pages in per-CPU caches stay there, for {@link PageLoader.adoptCache}; needs the extended
   * state. Default: false.
   */
  readonly keepCached?: boolean;
}

/**
 * Takes in the pages of a captured guest. Between the first {@link loadStaged} and {@link
 * finishLoad} free pages are on no list, and nothing else can be asked of the guest.
 */
export class PageLoader {
  readonly #core: Core;
  readonly #scratch: Scratch;

  constructor(core: Core, scratch: Scratch) {
    this.#core = core;
    this.#scratch = scratch;
  }

  /** Pages that {@link loadStaged} takes at once. */
  static readonly MAX_LOAD_PAGES = 65536;

  /**
   * Lays out kpageflags words for {@link loadStaged}: little-endian u64 per page.
   *
   * @param at - bytes of words that come before.
   * @throws RangeError if that is more than {@link MAX_LOAD_PAGES} in all.
   */
  stageFlags(words: Uint8Array, at: number): void {
    this.#stage(this.#core.staging(), words, at);
  }

  /** The words of extended page state, in the same way. */
  stageExtended(words: Uint8Array, at: number): void {
    this.#stage(this.#core.staging2(), words, at);
  }

  #stage(area: number, words: Uint8Array, at: number): void {
    const end = at + words.length;
    if (!(at >= 0 && end <= PageLoader.MAX_LOAD_PAGES * 8)) {
      throw optionError(`words must end within ${PageLoader.MAX_LOAD_PAGES * 8} bytes, got ${end}`);
    }
    new Uint8Array(this.#core.memory.buffer, area + at, words.length).set(words);
  }

  /** A copy of the flags of the first `nrPages` pages laid out. */
  stagedFlags(nrPages: number): Uint8Array {
    return new Uint8Array(this.#core.memory.buffer, this.#core.staging(), nrPages * 8).slice();
  }

  /** Nothing is known of the next pages but their flags, until something is laid out. */
  clearExtended(nrPages: number): void {
    new Uint8Array(this.#core.memory.buffer, this.#core.staging2(), nrPages * 8).fill(0);
  }

  /** Says where the fields of a struct page lie, for {@link decodeStructPages}. */
  useStructPages(layout: StructPageLayout): void {
    const { size, flags, refCount, mapCount, mapping, wholeMapCount = 0 } = layout;
    const { lruBit, headBit } = layout;
    const words = [size, flags, refCount, mapCount, mapping, wholeMapCount, lruBit, headBit];
    this.#scratch.words.set([...words, ...linkWords(layout)]);
    check(this.#core.setStructLayout(), "take the layout of a struct page");
  }

  /** Struct pages that {@link decodeStructPages} takes at once. */
  maxStructPages({ size }: StructPageLayout): number {
    return (PageLoader.MAX_LOAD_PAGES * 8) / size;
  }

  /** Lays out struct pages in the place of flags: `at` bytes of them come before. */
  stageStructPages(bytes: Uint8Array, at: number): void {
    this.#stage(this.#core.staging(), bytes, at);
  }

  /**
   * Turns the first `nrPages` struct pages into extended state, of the page `at` of the piece and
   * following, and notes how they are linked. Ascending.
   *
   * @param startPfn - the first of them.
   */
  decodeStructPages(at: number, nrPages: number, startPfn: number): void {
    const result = this.#core.decodeStructPages(at, nrPages, startPfn);
    check(result, `decode ${nrPages} struct pages`);
  }

  /**
   * Sets the types of pageblocks from the first one on: a Migratetype each, or a larger number that
   * says nothing.
   */
  adoptPageblockTypes(types: Uint8Array): void {
    const { memory, staging } = this.#core;
    for (let first = 0; first < types.length; first += PageLoader.MAX_LOAD_PAGES) {
      const part = types.subarray(first, first + PageLoader.MAX_LOAD_PAGES);
      new Uint8Array(memory.buffer, staging(), part.length).set(part);
      check(this.#core.adoptPageblockTypes(first, part.length), "set types of pageblocks");
    }
  }

  /** Says that a page waits in an LRU-add batch; false where its flags have said it before. */
  adoptPendingPage(pfn: number): boolean {
    return check(this.#core.adoptPendingPage(pfn), `take pfn ${pfn} for one of a batch`) > 0;
  }

  /**
   * Takes over a list of a CPU's cache, which setCache() has switched on, by the links of its
   * pages. Returns how many chunks were found.
   */
  adoptCachedList(zone: number, cpu: number, list: LinkedList): number {
    const { order, type, first, last } = list;
    const result = this.#core.adoptCachedList(zone, cpu, order * 8 + type, first, last);
    return check(result, `take over the cache of CPU ${cpu}`);
  }

  /**
   * After that of all lists of a zone: so many pages are in caches, too, though on no list that
   * could be followed; what else looks cached is the tail of an allocation.
   */
  settleCached(zone: number, missing: number): void {
    check(this.#core.settleCachedPages(zone, missing), `settle the caches of zone ${zone}`);
  }

  /**
   * After {@link finishLoad}: puts the chunks of a free list in the order of the kernel's, by the
   * links of their pages. Returns how many of them were found.
   */
  orderFreeList(zone: number, { order, type, first, last }: LinkedList): number {
    return check(this.#core.orderFreeList(zone, order, type, first, last), "order a free list");
  }

  /**
   * Drops extended state that cannot be of the same pages as the flags laid out, since they changed
   * in between. Returns of how many pages.
   */
  dropChangedPages(nrPages: number): number {
    return check(this.#core.dropChangedPages(nrPages), `compare ${nrPages} pages`);
  }

  /**
   * Loads whole absent pageblocks into a zone from the words that were laid out, from `startPfn`
   * on.
   */
  loadStaged(startPfn: number, nrPages: number, zone: number, options: LoadPagesOptions): void {
    const { hasExtended, inDevice, keepCached = false } = options;
    const mode =
      (hasExtended ? LoadMode.Extended : 0) |
      (inDevice ? LoadMode.InDevice : 0) |
      (keepCached ? LoadMode.KeepCached : 0);
    check(this.#core.loadFlags(startPfn, nrPages, zone, mode), `load pfn ${startPfn}`);
  }

  /**
   * Counts what the words that were laid out say by themselves, from `startPfn` on, ascending; see
   * {@link endSurvey}.
   *
   * @param withCounts - map counts were laid out where extended page state would be.
   */
  survey(startPfn: number, nrPages: number, withCounts: boolean): void {
    const result = this.#core.surveyStaged(startPfn, nrPages, withCounts);
    check(result, `survey pfn ${startPfn}`);
  }

  /** What the words said that went through {@link survey}. */
  endSurvey(): FlagSurvey {
    this.#core.endFlagSurvey();
    const { memory, scratch } = this.#core;
    return flagSurveyOf(new Uint32Array(memory.buffer, scratch(), FLAG_SURVEY_WORDS));
  }

  /**
   * Loads whole absent pageblocks from words that are all at hand.
   *
   * @param flags - kpageflags words, at most {@link MAX_LOAD_PAGES} of them, from `startPfn` on.
   * @param extended - extended page state; undefined where it was not recorded.
   */
  loadFlags(
    startPfn: number,
    zone: number,
    flags: Uint8Array,
    extended: Uint8Array | undefined,
    inDevice: boolean,
    keepCached = false,
  ): void {
    this.stageFlags(flags, 0);
    if (extended !== undefined) this.stageExtended(extended, 0);
    const hasExtended = extended !== undefined;
    this.loadStaged(startPfn, flags.length / 8, zone, { hasExtended, inDevice, keepCached });
  }

  /**
   * Takes the pages of a zone that were loaded as cached into the cache of its first CPU; see
   * setCache().
   */
  adoptCache(zone: number): void {
    check(this.#core.adoptCache(zone), `take over the cached pages of zone ${zone}`);
  }

  /** Says how many pages of zsmalloc a zone counts (`nr_zspages`), before its pages are loaded. */
  noteZspages(zone: number, nrPages: number): void {
    check(this.#core.noteZspages(zone, nrPages), `note ${nrPages} pages of zsmalloc`);
  }

  /** Says that pages are plugged: what is PG_offline among them is in a balloon. */
  markPlugged(startPfn: number, nrPages: number): void {
    check(this.#core.markPlugged(startPfn, nrPages), `mark pfn ${startPfn} plugged`);
  }

  /**
   * Says how many pages of the pool of 2 MiB huge pages are promised, and how many in use are
   * beyond its size.
   */
  noteHugePool(reserved: number, surplus: number): void {
    check(this.#core.noteHugePool(reserved, surplus), "note the pool of huge pages");
  }

  /**
   * Says how many pages still fit into swap, and how much memory each takes there: 0 on a disk, up
   * to 1 in compressed memory.
   */
  noteSwap(freePages: number, costShare: number): void {
    check(this.#core.noteSwap(freePages, Math.round(costShare * 1000)), "note the swap");
  }

  /**
   * Says how many pages of programs are pinned, by the guest's counters.
   *
   * @param referencedTells - does REFERENCED on an anonymous page say that something touched it?
   */
  notePins(nrPages: number, referencedTells: boolean): void {
    check(this.#core.notePins(nrPages, referencedTells), `note ${nrPages} pinned pages`);
  }

  /** Says how many pages of the guest are in a balloon, where plugged blocks are not known. */
  noteBalloon(nrPages: number): void {
    check(this.#core.noteBalloon(nrPages), `note ${nrPages} pages in a balloon`);
  }

  /**
   * Says that a pageblock that was loaded without a flag on any page holds the struct pages of a
   * memory block.
   */
  markMemmap(startPfn: number): void {
    check(this.#core.markMemmap(startPfn >>> PAGEBLOCK_ORDER), `mark a memmap at pfn ${startPfn}`);
  }

  /**
   * {@link finishLoad} will move what the kernel holds of whole pageblocks into boot memory, as if
   * they had come online in ZONE_MOVABLE.
   */
  takeKernelOut(startPfn: number, nrPages: number): void {
    check(this.#core.takeKernelOut(startPfn, nrPages), `take the kernel out of pfn ${startPfn}`);
  }

  /**
   * After {@link takeKernelOut}: moves a pageblock of struct pages into boot memory. Returns its
   * first pfn there; undefined where there is no room.
   */
  takeMemmapOut(startPfn: number): number | undefined {
    const block = this.#core.takeMemmapOut(startPfn >>> PAGEBLOCK_ORDER) >>> 0;
    if (block === NO_PFN) return undefined;
    check(block | 0, `take the memmap at pfn ${startPfn} out`);
    return block * PAGEBLOCK_PAGES;
  }

  /**
   * Decides which pages without flags of a zone are in its per-CPU caches, which hold
   * `cachedPages`.
   */
  classifyZone(zone: number, cachedPages: number): void {
    check(this.#core.classifyZone(zone, cachedPages), `classify the pages of zone ${zone}`);
  }

  /**
   * How likely a pageblock turns out otherwise than it counts, in a sample of the guest.
   *
   * @param kind - a Doubt, not None.
   * @param probability - 0 to 1.
   */
  setDoubtChance(kind: Doubt, probability: number): void {
    const chance = Math.min(0xffffffff, Math.round(probability * 2 ** 32));
    check(this.#core.setDoubtChance(kind, chance), `set the chance of doubt ${kind}`);
  }

  /**
   * How likely each anonymous page of a program is pinned, though nothing shows it, in guests that
   * {@link finishLoad} draws from now on.
   *
   * @param probability - 0 to 1.
   */
  setHiddenPinChance(probability: number): void {
    const chance = Math.min(0xffffffff, Math.round(probability * 2 ** 32));
    check(this.#core.setHiddenPinChance(chance), "set the chance of hidden pins");
  }

  /**
   * Ends a load: decides which pages are held in place, and builds the free lists.
   *
   * @param hasReferences - the extended state was loaded, too.
   * @param seed - not 0: a sample of the guest, in which pageblocks turn out otherwise, see {@link
   *   setDoubtChance}. Default: 0.
   */
  finishLoad(hasReferences: boolean, seed = 0): LoadSummary {
    check(this.#core.finishLoad(seed), "build the free lists");
    const [cachedPages = 0, unknownPages = 0, hiddenMilli = 0, held = 0, released = 0] =
      this.#scratch.words;
    const [pinnedPages = 0, hiddenPins = 0, openPages = 0] = this.#scratch.words.subarray(5);
    return {
      hasReferences,
      cachedPages,
      unknownPages,
      hiddenPageblocks: hiddenMilli / 1000,
      heldBufferBlocks: held,
      releasedBufferBlocks: released,
      pinnedPages,
      hiddenPins: hasReferences ? 0 : hiddenPins,
      openPages,
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

/** Stands for a layout that does not say how pages are linked. */
const NO_LINKS = 0xffff_ffff;

function linkWords({ links }: StructPageLayout): number[] {
  if (links === undefined) return [NO_LINKS, 0, 0, 0, 0, 0];
  const { lru, order, freeType, freeMask, base } = links;
  const [low, high] = [Number(base & 0xffff_ffffn), Number(base >> 32n)];
  return [lru, order, freeType >>> 0, freeMask >>> 0, low, high];
}
