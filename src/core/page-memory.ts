import { Errno } from "../errno.js";
import type { ContigResult } from "./contig-result.js";
import {
  classOfState,
  CONTIG_STAGES,
  MAX_ORDER,
  MmFlag,
  type MmFlagName,
  GOES_ON,
  NO_PFN,
  pageClassName,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  type Hold,
  type Migratetype,
  PageClass,
  type Relief,
} from "./abi.js";
import { check, count, isErrno } from "./answer.js";
import { Bitmap } from "./bitmap.js";
import {
  CoreImage,
  fillCore,
  saveGlobals,
  WASM_PAGE_SIZE,
  type CoreGlobals,
} from "./core-image.js";
import { GuestWorkloads } from "./guest-workloads.js";
import { brokenInvariant } from "./invariants.js";
import { fail, KernelError } from "./kernel-error.js";
import { loadCore, loadCoreSync, type Core, type CoreSource } from "./load.js";
import { MigrationJournal } from "./migration-journal.js";
import { PageLook } from "./page-look.js";
import { PageLoader } from "./page-loader.js";
import { prepareRequest, type PageRequest, type PreparedRequest } from "./page-request.js";
import { pageblocksFor } from "./pfn-space.js";
import { Scratch } from "./scratch.js";
import { isU32 } from "./u32.js";
import { zoneKindNumber, type ZoneKind } from "./zone-kind.js";
import { optionError, shown } from "../input-error.js";

/** Version behaviour of the memory management, one boolean per MM_* bit of the core. */
export type MmBehaviour = Readonly<Record<MmFlagName, boolean>>;

/** Pages by subblock: see {@link PageMemory.countBySubblock}. */
export interface SubblockCounts {
  /** Free. */
  readonly freePages: Uint32Array;
  /** In use, and can be moved or dropped. */
  readonly movablePages: Uint32Array;
  /** Blocking as far as a look tells. */
  readonly unmovablePages: Uint32Array;
}

/** How `offline_pages()` ended. */
export interface OfflineResult {
  /** 0 where the range is offline, else -EBUSY. */
  readonly errno: number;
  /** First blocking page; undefined where there is none. */
  readonly blockingPfn: number | undefined;
}

/** Pages of a range by kind; their sum without `held` is the range. */
export interface PageCounts {
  /** In free lists. */
  readonly free: number;
  /** In use, of a class that can be moved or dropped; held ones, too. */
  readonly movable: number;
  /** All others. */
  readonly unmovable: number;
  /** Those of the movable pages that something keeps in place: see {@link Hold}. */
  readonly held: number;
}

/** An attempt that is not to pause moves fewer pages than that. */
const NO_LIMIT = 2 ** 32 - 1;

/** WebAssembly memory of a guest. */
export interface MemoryUse {
  /** Bytes of linear memory in use. */
  readonly bytes: number;
  /** Pageblocks whose pages are not all alike: each needs a record. */
  readonly mixedPageblocks: number;
}

/** A core's memory and globals. */
export interface SavedPages {
  readonly nrPageblocks: number;
  /** Linear memory in use. */
  readonly memory: Uint8Array;
  /** Of `memory`, 64 bits; see assembly/inspect/checksum.ts. */
  readonly checksum: bigint;
  /** Pages of 64 KiB of linear memory, used or not. */
  readonly wasmPages: number;
  readonly globals: CoreGlobals;
}

/**
 * The pages of one guest: the only place that talks to the WebAssembly core. Everything is in pfns
 * and page counts.
 *
 * One instance is one guest with all its zones. Arguments that are wrong by themselves throw
 * RangeError; what the present state forbids throws KernelError; being busy is a return value.
 * Neither exception changes anything.
 *
 * @example
 * ```js
 * import { linuxProfile } from "virtio-mem-engine";
 * import { Migratetype, PageClass, PageMemory } from "virtio-mem-engine/core";
 *
 * const pages = await PageMemory.create(4096, linuxProfile("v6.1").mm);
 * const zone = pages.addZone("Normal", 0);
 * pages.online(zone, 0, 4096, [[0, 4096]]);
 * const request = {
 *   order: 0,
 *   type: Migratetype.Unmovable,
 *   pageClass: PageClass.Slab,
 *   kind: "Normal",
 *   node: 0,
 * };
 * const pfn = pages.tryAlloc(request);
 * const start = pfn - (pfn % 512);
 * console.log(pages.allocContig(start, 512).stage); // isolate
 * pages.free(pfn, 0);
 * console.log(pages.allocContig(start, 512).stage); // done
 * ```
 */
export class PageMemory {
  readonly #core: Core;
  // V8 looks an export up at each call, but not a field
  readonly #allocPages: Core["allocPages"];
  readonly #freePagesOf: Core["freePagesOf"];
  readonly #allocContig: Core["allocContig"];
  readonly #scratch: Scratch;
  /** An attempt in parts is in its midst. */
  #isPaused = false;
  /** Pageblocks of the pfn space. */
  readonly nrPageblocks: number;
  /** Takes in a captured guest. @internal */
  readonly loader: PageLoader;
  /** What migration did. @internal */
  readonly journal: MigrationJournal;
  /** What takes and frees pages by itself. */
  readonly workloads: GuestWorkloads;
  /** A byte for each subblock or page, for pictures. */
  readonly look: PageLook;

  private constructor(core: Core, nrPageblocks: number) {
    this.#core = core;
    this.#allocPages = core.allocPages;
    this.#freePagesOf = core.freePagesOf;
    this.#allocContig = core.allocContig;
    this.#scratch = new Scratch(core);
    this.loader = new PageLoader(core, this.#scratch);
    this.journal = new MigrationJournal(core);
    this.workloads = new GuestWorkloads(core);
    this.look = new PageLook(core);
    this.nrPageblocks = nrPageblocks;
  }

  static #setUp(core: Core, nrPageblocks: number, behaviour: MmBehaviour): PageMemory {
    let flags = 0;
    for (const [name, bit] of Object.entries(MmFlag)) {
      if (behaviour[name as MmFlagName]) flags |= bit;
    }
    check(core.setup(nrPageblocks, flags), "set up the pageblock table");
    return new PageMemory(core, nrPageblocks);
  }

  /**
   * A guest without memory.
   *
   * @param endPfn - pfns 0 to `endPfn` - 1 can exist; rounded up to whole pageblocks (512), at most
   *   2^32 - 1024.
   * @param behaviour - A boolean for each name; `linuxProfile(name).mm` has them.
   * @param source - Where the core comes from; see `loadCore()`. Default: the package.
   * @throws RangeError if `endPfn` is out of range; CapacityError if the table does not fit.
   */
  static async create(
    endPfn: number,
    behaviour: MmBehaviour,
    source?: CoreSource,
  ): Promise<PageMemory> {
    const blocks = pageblocksFor(endPfn);
    return PageMemory.#setUp(await loadCore(source), blocks, behaviour);
  }

  /**
   * Like {@link create}, at once; see loadCoreSync().
   *
   * @param endPfn - As of {@link create}.
   * @param behaviour - As of {@link create}.
   * @param source - Bytes or a compiled module; see `loadCoreSync()`. Default: the package.
   * @throws RangeError if `endPfn` is out of range; CapacityError if the table does not fit.
   */
  static createSync(
    endPfn: number,
    behaviour: MmBehaviour,
    source?: BufferSource | WebAssembly.Module,
  ): PageMemory {
    const blocks = pageblocksFor(endPfn);
    return PageMemory.#setUp(loadCoreSync(source), blocks, behaviour);
  }

  /**
   * The pages that {@link save} has seen, in a core of their own.
   *
   * @throws RangeError if the memory is not what its checksum says.
   * @internal
   */
  static async restore(saved: SavedPages, source?: CoreSource): Promise<PageMemory> {
    const core = await loadCore(source);
    fillCore(core, saved.memory, saved.wasmPages, saved.globals);
    if (core.memoryChecksum() !== BigInt.asIntN(64, saved.checksum)) {
      throw optionError("snapshot must be undamaged, got memory that its checksum contradicts");
    }
    return new PageMemory(core, saved.nrPageblocks);
  }

  /**
   * Adds an empty zone and returns its index, 0 to 15. One zone per kind and node.
   *
   * @param kind - Kind of zone.
   * @param node - NUMA node, 0 to 15.
   * @throws RangeError for another kind or no u32; KernelError if there is such a zone, or there
   *   are 16 already.
   */
  addZone(kind: ZoneKind, node: number): number {
    const number = zoneKindNumber(kind);
    u32("node", node);
    return check(this.#core.addZone(number, node), `add zone ${kind} on node ${node}`);
  }

  /**
   * Watermarks in pages; boost included, as zoneinfo prints them.
   *
   * @param zone - Index from {@link addZone}.
   * @param min - Below it, only requests without watermarks are served.
   * @param low - Below it, Linux wakes kswapd.
   * @param high - Up to it, kswapd reclaims.
   * @throws RangeError for what is no u32; KernelError if there is no such zone, or not `min` <=
   *   `low` <= `high`.
   */
  setWatermarks(zone: number, min: number, low: number, high: number): void {
    u32("zone", zone);
    for (const mark of [min, low, high]) u32("watermark", mark);
    const result = this.#core.setWatermarks(zone, min, low, high);
    if (result < 0) fail(result, `set watermarks ${min}/${low}/${high}`);
  }

  /**
   * Pages of the zone kept from requests whose highest zone is `kind`.
   *
   * @param zone - Index from {@link addZone}.
   * @param kind - Highest zone that the requests may use.
   * @param pages - Pages above the watermark that such requests leave (`lowmem_reserve` of `struct
   *   zone`).
   * @throws RangeError for another kind or what is no u32; KernelError if there is no such zone.
   */
  setLowmemReserve(zone: number, kind: ZoneKind, pages: number): void {
    u32("zone", zone);
    const number = zoneKindNumber(kind);
    u32("pages", pages);
    const result = this.#core.setLowmemReserve(zone, number, pages);
    if (result < 0) fail(result, `set lowmem reserve ${pages}`);
  }

  /**
   * Per-CPU caches of a zone; `high` 0 switches them off. Cached pages go back to the buddy first.
   *
   * @param zone - Index from {@link addZone}.
   * @param cpus - CPUs, each with a cache.
   * @param batch - Pages that are taken from the buddy, or given back to it, at once.
   * @param high - Pages that a cache keeps; 0 switches the caches off.
   * @param highMax - Up to so many where the version tunes `high` itself (`decay_pcp_high()`, v6.7
   *   and later). Default: `high`.
   * @throws RangeError for what is no u32; KernelError if there is no such zone.
   */
  setCache(zone: number, cpus: number, batch: number, high: number, highMax = high): void {
    u32("zone", zone);
    for (const value of [cpus, batch, high, highMax]) u32("setting of a cache", value);
    const result = this.#core.setCache(zone, cpus, batch, high, highMax);
    check(result, `set ${cpus} caches of ${high} to ${highMax} pages`);
  }

  /**
   * Gives the pages of all per-CPU caches of a zone back to the buddy.
   *
   * @param zone - Index from {@link addZone}.
   */
  drainCaches(zone: number): void {
    u32("zone", zone);
    check(this.#core.drainCaches(zone), `drain the caches of zone ${zone}`);
  }

  /** Lets pages that wait in LRU batches reach the LRU. */
  drainLru(): void {
    this.#core.drainLru();
  }

  /**
   * Seeds the chance of held pages; the same seed gives the same run.
   *
   * @param seed - 0 to 2^32 - 1.
   */
  seedRandom(seed: number): void {
    u32("seed", seed);
    this.#core.seedRandom(seed);
  }

  /**
   * Chance, 0 to 1, that a page of this class is held at one attempt to collect it.
   *
   * @param pageClass - Class of the pages.
   * @param probability - 0 to 1; a multiple of 2^-32.
   * @throws RangeError if `probability` is out of range.
   */
  setHoldProbability(pageClass: PageClass, probability: number): void {
    u32("pageClass", pageClass);
    if (typeof probability !== "number" || !(probability >= 0 && probability <= 1)) {
      throw optionError(`probability must be from 0 to 1, got ${shown(probability)}`);
    }
    const threshold = Math.min(Math.round(probability * 2 ** 32), 2 ** 32 - 1);
    check(this.#core.setHoldProbability(pageClass, threshold), "set hold probability");
  }

  /**
   * AllocFlag.NoWatermarks and ThisNode for migration targets; 0 is what Linux does.
   *
   * @param flags - {@link AllocFlag} bits.
   * @throws KernelError for other bits.
   */
  setMigrationTargets(flags: number): void {
    u32("flags", flags);
    check(this.#core.setMigrationTargets(flags), `set migration targets ${flags}`);
  }

  /**
   * Pages at the end of each THP, 0 to 511, that hold only zeros: a THP that has to be split loses
   * them where the version shares the zero page. Default: 0.
   *
   * @param pages - 0 to 511.
   * @throws KernelError for more.
   */
  setZeroFilledPages(pages: number): void {
    u32("pages", pages);
    check(this.#core.setZeroFilledPages(pages), `take ${pages} pages of each THP for zeros`);
  }

  /**
   * First pfn of `2 ** order` pages, or undefined where no zone of the list has them.
   *
   * @param request - A request, or one that {@link prepareRequest} has checked before.
   * @throws RangeError if a member of the request is out of its range.
   */
  tryAlloc(request: PageRequest | PreparedRequest): number | undefined {
    const word = wordOf(request);
    const answer = this.#allocPages(word);
    // a pfn below 2^31 needs no more than a look at its sign
    if (answer >= 0) return answer;
    const pfn = answer >>> 0;
    if (!isErrno(pfn)) return pfn;
    if (answer === -Errno.ENOMEM) return undefined;
    return fail(answer, "allocate pages");
  }

  /**
   * Up to `nr` order-0 pages, as the same number of single requests would get them. Appends runs to
   * `runs` and returns how many pages there were; fewer than `nr` where memory is out.
   *
   * @param nr - Pages to take, 0 to 2^32 - 1.
   * @param request - Its order counts as 0.
   * @param runs - Gets `[startPfn, nrPages]` for each run, in the order in which they were taken.
   * @throws RangeError if an argument is out of its range; KernelError for a class that only whole
   *   huge pages have.
   */
  allocBulk(
    nr: number,
    request: PageRequest | PreparedRequest,
    runs: [startPfn: number, nrPages: number][],
  ): number {
    const word = wordOf(request);
    u32("nr", nr);
    const maxRuns = 32768;
    let got = 0;
    while (got < nr) {
      const part = this.#core.allocBulk(nr - got, word, maxRuns) >>> 0;
      if (isErrno(part)) fail(part, `allocate ${nr} pages`);
      if (part === 0) break;
      got += part;
      const nrRuns = this.#scratch.words[0] ?? 0;
      const words = new Uint32Array(this.#core.memory.buffer, this.#core.staging(), nrRuns * 2);
      for (let at = 0; at < words.length; at += 2) runs.push([words[at] ?? 0, words[at + 1] ?? 0]);
    }
    return got;
  }

  /**
   * Frees `2 ** order` used pages.
   *
   * @param pfn - First page of an allocation.
   * @param order - Order with which it was taken.
   * @throws RangeError for what is no u32; KernelError if the pages are not in use.
   */
  free(pfn: number, order: number): void {
    if (!isU32(pfn)) u32("pfn", pfn);
    if (!isU32(order)) u32("order", order);
    const result = this.#freePagesOf(pfn, order);
    // the words of a failure cost more than the call
    if (result < 0) fail(result, `free pfn ${pfn} order ${order}`);
  }

  /**
   * Frees a run of used pages as single pages, ascending.
   *
   * @param startPfn - First page.
   * @param nrPages - Pages of the run.
   * @throws RangeError for what is no u32; KernelError if a page is not in use.
   */
  freeRun(startPfn: number, nrPages: number): void {
    u32("startPfn", startPfn);
    u32("nrPages", nrPages);
    check(this.#core.freeRun(startPfn, nrPages), `free ${nrPages} pages from pfn ${startPfn}`);
  }

  /**
   * Changes what a used page is, and what holds it.
   *
   * @param pfn - A page that is in use.
   * @param pageClass - What it is from now on.
   * @param hold - What keeps it in place.
   * @throws RangeError for what is no u32; KernelError if the page is not in use.
   */
  setPage(pfn: number, pageClass: PageClass, hold: Hold): void {
    u32("pfn", pfn);
    u32("pageClass", pageClass);
    u32("hold", hold);
    const result = this.#core.setPage(pfn, pageClass, hold);
    if (result < 0) fail(result, `set the class of pfn ${pfn}`);
  }

  /**
   * State byte of a page: bit 7 = head of a free chunk, else class (bits 0-4) and hold (5-6).
   *
   * @param pfn - Any page of the pfn space.
   * @returns one byte; `classOfState()` takes the class from it.
   * @throws RangeError for what is no u32; KernelError if the page is outside the pfn space.
   */
  pageState(pfn: number): number {
    if (!isU32(pfn)) u32("pfn", pfn);
    const state = this.#core.pageState(pfn);
    return state < 0 ? fail(state, `look at pfn ${pfn}`) : state;
  }

  /**
   * Runs of one class in a range whose units of `step` pages each have one class, such as
   * subblocks: `[startPfn, nrPages, class]`, ascending. A free page counts by its class, whatever
   * chunk it is in.
   *
   * @param startPfn - First page.
   * @param nrPages - Pages of the range, a multiple of `step`.
   * @param step - Pages of a unit, such as a subblock.
   */
  *runsOfClass(
    startPfn: number,
    nrPages: number,
    step: number,
  ): Generator<[startPfn: number, nrPages: number, pageClass: number]> {
    u32("startPfn", startPfn);
    u32("nrPages", nrPages);
    u32("step", step);
    const end = startPfn + nrPages;
    let at = startPfn;
    while (at < end) {
      const length = count(this.#core.runOfClass(at, end - at, step), "run of a class");
      yield [at, length, classOfState(this.pageState(at))];
      at += length;
    }
  }

  /**
   * A fatal signal is pending for the caller that allocates ranges: attempts that have something to
   * move end with -EINTR.
   *
   * @param pending - `true` from now on, `false` not any more.
   */
  setSignalPending(pending: boolean): void {
    this.#core.setSignal(pending ? 1 : 0);
  }

  /**
   * One attempt of `alloc_contig_range()`; a failed one may leave the range partly evacuated.
   *
   * @param startPfn - First page.
   * @param nrPages - Pages of the range.
   * @returns `errno` 0 where the range is taken; else -EBUSY, -ENOMEM or -EINTR, with the first
   *   blocking page.
   * @throws RangeError for what is no u32; KernelError with EINVAL if the range is not online or in
   *   several zones.
   */
  allocContig(startPfn: number, nrPages: number): ContigResult {
    if (this.#isPaused) {
      throw new KernelError("EBUSY", "attempt a range while another attempt has paused");
    }
    return this.#contigResult(startPfn, nrPages, this.#contig(startPfn, nrPages, NO_LIMIT));
  }

  /**
   * allocContig() in parts of about `mostPages` moved pages: undefined until the last one is done,
   * with the range isolated. The same call then goes on; meanwhile no other range is attempted.
   *
   * @throws as allocContig() does.
   * @internal
   */
  allocContigPart(startPfn: number, nrPages: number, mostPages: number): ContigResult | undefined {
    const errno = this.#contig(startPfn, nrPages, mostPages);
    this.#isPaused = errno === GOES_ON;
    return this.#isPaused ? undefined : this.#contigResult(startPfn, nrPages, errno);
  }

  #contig(startPfn: number, nrPages: number, mostPages: number): number {
    u32("startPfn", startPfn);
    u32("nrPages", nrPages);
    return this.#allocContig(startPfn, nrPages, mostPages);
  }

  #contigResult(startPfn: number, nrPages: number, errno: number): ContigResult {
    if (errno === -Errno.EINVAL || errno === -Errno.ENOBUFS) {
      fail(errno, `alloc_contig_range of ${nrPages} pages from pfn ${startPfn}`);
    }
    const scratch = this.#scratch.words;
    const pfn = scratch[1] ?? NO_PFN;
    return {
      errno,
      stage: CONTIG_STAGES[scratch[0] ?? 0] ?? "done",
      blockingPfn: pfn === NO_PFN ? undefined : pfn,
      blockingClass: pfn === NO_PFN ? undefined : pageClassName(classOfState(scratch[2] ?? 0)),
      migratedPages: scratch[3] ?? 0,
      droppedPages: scratch[4] ?? 0,
    };
  }

  /**
   * Gives back what allocContig() took, also after markOffline().
   *
   * @param startPfn - First page.
   * @param nrPages - Pages of the range.
   * @throws RangeError for what is no u32; KernelError if the range was not taken.
   */
  freeContig(startPfn: number, nrPages: number): void {
    u32("startPfn", startPfn);
    u32("nrPages", nrPages);
    check(
      this.#core.freeContigRange(startPfn, nrPages),
      `free the contiguous range of ${nrPages} pages from pfn ${startPfn}`,
    );
  }

  /**
   * Marks a range taken by allocContig() PG_offline.
   *
   * @param startPfn - First page.
   * @param nrPages - Pages of the range.
   * @throws RangeError for what is no u32; KernelError if the range was not taken.
   */
  markOffline(startPfn: number, nrPages: number): void {
    u32("startPfn", startPfn);
    u32("nrPages", nrPages);
    const result = this.#core.markOffline(startPfn, nrPages);
    if (result < 0) fail(result, `mark ${nrPages} pages from pfn ${startPfn} offline`);
  }

  /**
   * Isolates whole pageblocks; `false` where a page forbids it.
   *
   * @param startPfn - First page.
   * @param nrPages - Pages; pageblocks that the range touches are isolated as a whole.
   * @throws RangeError for what is no u32; KernelError if the range is not online in one zone.
   */
  tryIsolate(startPfn: number, nrPages: number): boolean {
    u32("startPfn", startPfn);
    u32("nrPages", nrPages);
    const result = this.#core.isolate(startPfn, nrPages);
    if (result === -Errno.EBUSY) return false;
    check(result, `isolate ${nrPages} pages from pfn ${startPfn}`);
    return true;
  }

  /**
   * Takes an isolation back: the pageblocks have their migratetype again.
   *
   * @param startPfn - First page.
   * @param nrPages - Pages, as for {@link tryIsolate}.
   * @throws RangeError for what is no u32; KernelError if the range is not online in one zone.
   */
  unisolate(startPfn: number, nrPages: number): void {
    u32("startPfn", startPfn);
    u32("nrPages", nrPages);
    check(
      this.#core.unisolate(startPfn, nrPages),
      `un-isolate ${nrPages} pages from pfn ${startPfn}`,
    );
  }

  /**
   * Brings absent pageblocks online in a zone. Only the pages of `runs` go to the allocator; the
   * others are PG_offline, never onlined.
   *
   * @param zone - Index from {@link addZone}.
   * @param startPfn - First page, at a pageblock's start.
   * @param nrPages - Pages, a multiple of 512.
   * @param runs - `[startPfn, nrPages]` of the pages that are plugged, ascending, inside the range.
   * @throws RangeError for what is no u32; KernelError if a pageblock is online already.
   */
  online(
    zone: number,
    startPfn: number,
    nrPages: number,
    runs: readonly (readonly [startPfn: number, nrPages: number])[],
  ): void {
    u32("zone", zone);
    for (const value of [startPfn, nrPages, ...runs.flat()]) u32("pfn", value);
    const started = this.#core.startOnline(zone, startPfn, nrPages);
    if (started < 0) fail(started, `online pfn ${startPfn}`);
    for (const [start, nr] of runs) this.onlinePages(start, nr);
    const ended = this.#core.endOnline(startPfn, nrPages);
    if (ended < 0) fail(ended, `online pfn ${startPfn}`);
  }

  /**
   * Hands pages that were never onlined to the allocator: the generic online path.
   *
   * @param startPfn - First page of a range of class `NeverOnlined`.
   * @param nrPages - Pages of the range.
   * @throws RangeError for what is no u32; KernelError if a page is of another class.
   */
  onlinePages(startPfn: number, nrPages: number): void {
    u32("startPfn", startPfn);
    u32("nrPages", nrPages);
    const result = this.#core.onlinePages(startPfn, nrPages);
    if (result < 0) fail(result, `online ${nrPages} pages from pfn ${startPfn}`);
  }

  /**
   * `offline_pages()`: 0 or -EBUSY; moved pages stay moved.
   *
   * @param startPfn - First page, at a pageblock's start.
   * @param nrPages - Pages, a multiple of 512.
   * @returns errno, and the first page that could not be moved.
   * @throws RangeError for what is no u32; KernelError if the range is not online in one zone, or,
   *   before v5.19, not of whole 4 MiB.
   */
  offline(startPfn: number, nrPages: number): OfflineResult {
    u32("startPfn", startPfn);
    u32("nrPages", nrPages);
    const errno = this.#core.offlinePages(startPfn, nrPages);
    if (errno !== 0 && errno !== -Errno.EBUSY) fail(errno, `offline pfn ${startPfn}`);
    const pfn = this.#scratch.words[0] ?? NO_PFN;
    return { errno, blockingPfn: pfn === NO_PFN ? undefined : pfn };
  }

  /**
   * NR_FREE_PAGES of a zone.
   *
   * @param zone - Index from {@link addZone}.
   */
  freePages(zone: number): number {
    u32("zone", zone);
    return count(this.#core.freePagesOfZone(zone), "free pages");
  }

  /**
   * Free chunks by order, 0 to 10, as buddyinfo prints them.
   *
   * @param zone - Index from {@link addZone}.
   * @returns 11 counts.
   */
  freeChunks(zone: number): number[] {
    u32("zone", zone);
    return Array.from({ length: MAX_ORDER + 1 }, (_, order) =>
      count(this.#core.nrFreeChunks(zone, order), "free chunks"),
    );
  }

  /**
   * Pages to move so that what is used of a zone's partly free pageblocks lies in as few of them as
   * can hold it.
   *
   * @param zone - Index from {@link addZone}.
   */
  compactionMoves(zone: number): number {
    u32("zone", zone);
    return count(this.#core.compactionMoves(zone), "moves to compact");
  }

  /** Pageblocks of the longest run of wholly free, neighbouring ones. */
  longestFreeRun(): number {
    return count(this.#core.longestFreeRun(), "the longest free run");
  }

  /**
   * Pages of a zone that exist.
   *
   * @param zone - Index from {@link addZone}.
   */
  presentPages(zone: number): number {
    u32("zone", zone);
    return count(this.#core.presentPagesOfZone(zone), "present pages");
  }

  /**
   * One free list from head to tail: first pfns of its chunks.
   *
   * @param zone - Index from {@link addZone}.
   * @param order - 0 to 10.
   * @param type - Which of the lists of that order.
   */
  freeList(zone: number, order: number, type: Migratetype): number[] {
    u32("zone", zone);
    u32("order", order);
    u32("type", type);
    const max = 0x20000;
    const list: number[] = [];
    let after = NO_PFN;
    for (;;) {
      const nr = count(this.#core.readFreeList(zone, order, type, after, max), "free list");
      const part = new Uint32Array(this.#core.memory.buffer, this.#core.staging(), nr);
      for (const pfn of part) list.push(pfn);
      if (nr < max) return list;
      after = list[list.length - 1] ?? NO_PFN;
    }
  }

  /**
   * Migratetype of the pageblock of `pfn`, or undefined where it is not online.
   *
   * @param pfn - Any page of the pageblock.
   */
  pageblockType(pfn: number): Migratetype | undefined {
    u32("pfn", pfn);
    const type = this.#core.pageblockType(pfn >>> PAGEBLOCK_ORDER);
    return type < 0 ? undefined : (type as Migratetype);
  }

  /**
   * Zone index of the pageblock of `pfn`, or undefined where it is not online.
   *
   * @param pfn - Any page of the pageblock.
   */
  zoneIndex(pfn: number): number | undefined {
    u32("pfn", pfn);
    const zone = this.#core.pageblockZone(pfn >>> PAGEBLOCK_ORDER);
    return zone < 0 ? undefined : zone;
  }

  /**
   * Pages by kind in whole pageblocks. A held page counts as movable, too.
   *
   * @param startPfn - First page, at a pageblock's start.
   * @param nrPages - Pages, a multiple of 512.
   */
  countPages(startPfn: number, nrPages: number): PageCounts {
    u32("startPfn", startPfn);
    u32("nrPages", nrPages);
    check(this.#core.countPages(startPfn, nrPages), `count pages from pfn ${startPfn}`);
    const [free = 0, movable = 0, unmovable = 0, held = 0] = this.#scratch.words;
    return { free, movable, unmovable, held };
  }

  /**
   * A cleared bitmap of `bits` bits, 1 to 2^30, in the core's memory. It lives as long as this
   * guest.
   *
   * @param bits - Number of bits.
   * @throws RangeError if `bits` is out of range; CapacityError if they do not fit.
   */
  createBitmap(bits: number): Bitmap {
    return new Bitmap(this.#core, bits);
  }

  /**
   * How many of `nrSubblocks` subblocks of `blocksEach` pageblocks each, from `startPfn` on, could
   * go as far as their pages tell: nothing unmovable, nothing held. Whether there is memory to move
   * to is not looked at.
   *
   * @param startPfn - First page of the first subblock, at a pageblock's start.
   * @param blocksEach - Pageblocks of a subblock.
   * @param nrSubblocks - Subblocks to look at.
   * @param bitmap - Of at least `nrSubblocks` bits: gets the answer for each subblock. Default:
   *   only the sum is returned.
   */
  countRemovable(
    startPfn: number,
    blocksEach: number,
    nrSubblocks: number,
    bitmap?: Bitmap,
  ): number {
    u32("startPfn", startPfn);
    u32("blocksEach", blocksEach);
    u32("nrSubblocks", nrSubblocks);
    const handle = bitmap?.handle ?? 0;
    return count(
      this.#core.countRemovable(startPfn, blocksEach, nrSubblocks, handle),
      "removable subblocks",
    );
  }

  /**
   * The first page of a range that {@link countBySubblock} counts as unmovable.
   *
   * @param startPfn - First page of the range.
   * @param nrPages - Pages of the range, at least 1.
   * @returns its pfn; undefined where there is none.
   * @throws RangeError for what is no u32; KernelError if the range leaves the pfn space.
   */
  firstBlockingPage(startPfn: number, nrPages: number): number | undefined {
    u32("startPfn", startPfn);
    u32("nrPages", nrPages);
    const pfn = this.#core.firstBlocking(startPfn, nrPages) >>> 0;
    if (pfn === NO_PFN) return undefined;
    return isErrno(pfn) ? fail(pfn | 0, `look at ${nrPages} pages from pfn ${startPfn}`) : pfn;
  }

  /**
   * Pages of `count` subblocks of `nrPages` pages each, from `startPfn` on, by what blocks taking
   * them; one element per subblock. Held pages count as unmovable here. At most 43690 subblocks.
   *
   * @param startPfn - First page of the first subblock, at a pageblock's start.
   * @param nrPages - Pages of a subblock, a multiple of 512.
   * @param count - Subblocks, at most 43690.
   * @throws RangeError if `nrPages` is no such multiple; KernelError if the subblocks leave the pfn
   *   space.
   */
  countBySubblock(startPfn: number, nrPages: number, count: number): SubblockCounts {
    u32("startPfn", startPfn);
    u32("nrPages", nrPages);
    u32("count", count);
    const doing = `count the pages of ${count} subblocks from pfn ${startPfn}`;
    if (nrPages % PAGEBLOCK_PAGES !== 0) {
      throw optionError(`nrPages must be a multiple of ${PAGEBLOCK_PAGES}, got ${nrPages}`);
    }
    check(this.#core.countBySubblock(startPfn, nrPages / PAGEBLOCK_PAGES, count), doing);
    const words = new Uint32Array(this.#core.memory.buffer, this.#core.staging(), 3 * count);
    return {
      freePages: words.slice(0, count),
      movablePages: words.slice(count, 2 * count),
      unmovablePages: words.slice(2 * count),
    };
  }

  /**
   * Frees the slabs of which no object is in use and, of the others that lie in reclaimable
   * pageblocks, about `percent` (0 to 100), drawn from the seed. Returns how many pages that were.
   *
   * @param percent - 0 to 100.
   * @param share - of a captured guest's slab that is reclaimable, 0 to 1; which pageblocks that
   *   is, a capture does not show, so they are drawn. Default: 0.
   */
  dropSlab(percent: number, share = 0): number {
    u32("percent", percent);
    if (typeof share !== "number" || !(share >= 0 && share <= 1)) {
      throw optionError(`share must be from 0 to 1, got ${shown(share)}`);
    }
    const dropped = this.#core.dropSlab(percent, Math.round(share * 1000));
    return count(dropped, "slab to drop");
  }

  /** Drops all clean pages of files that nothing holds. Returns how many. */
  dropFileCache(): number {
    return count(this.#core.dropFileCache(), "file cache to drop");
  }

  /**
   * Does what an administrator can do before a request. Returns how many pages it changed or freed.
   *
   * @param kind - What is done.
   */
  relieve(kind: Relief): number {
    return count(this.#core.relieve(kind), "pages to relieve");
  }

  /**
   * What may turn out otherwise about each of `count` subblocks of a captured guest, of `nrPages`
   * pages each, from `startPfn` on: a Doubt each. True to the capture only until something happens.
   * At most 524288 subblocks.
   *
   * @param startPfn - First page of the first subblock, at a pageblock's start.
   * @param nrPages - Pages of a subblock, a multiple of 512.
   * @param count - Subblocks, at most 524288.
   * @returns one element per subblock.
   */
  doubtsBySubblock(startPfn: number, nrPages: number, count: number): Uint8Array {
    u32("startPfn", startPfn);
    u32("nrPages", nrPages);
    u32("count", count);
    const blocksEach = Math.max(1, nrPages / PAGEBLOCK_PAGES);
    const doing = `find the doubts of ${count} subblocks from pfn ${startPfn}`;
    check(this.#core.doubtsBySubblock(startPfn, blocksEach, count), doing);
    return new Uint8Array(this.#core.memory.buffer, this.#core.staging(), count).slice();
  }

  /**
   * Pages of a zone by class, index {@link PageClass}. Also while a capture is loaded.
   *
   * @param zone - Index from {@link addZone}.
   * @param deviceOnly - Only pages that were loaded as the device's. Default: false.
   */
  countByClass(zone: number, deviceOnly = false): number[] {
    u32("zone", zone);
    check(this.#core.countByClass(zone, deviceOnly ? 1 : 0), `count the pages of zone ${zone}`);
    const { length } = Object.keys(PageClass);
    return [...new Uint32Array(this.#core.memory.buffer, this.#core.scratch(), length)];
  }

  /** Everything of the core at this moment; the memory is a view of it, not a copy. @internal */
  save(): SavedPages {
    const core = this.#core;
    const { buffer } = core.memory;
    return {
      nrPageblocks: this.nrPageblocks,
      memory: new Uint8Array(buffer, 0, core.usedMemory() >>> 0),
      checksum: BigInt.asUintN(64, core.memoryChecksum()),
      wasmPages: buffer.byteLength / WASM_PAGE_SIZE,
      globals: saveGlobals(core),
    };
  }

  /** The guest at this moment, to be set back to. @internal */
  image(): CoreImage {
    return new CoreImage(this.#core);
  }

  /** Bytes of linear memory in use, and pageblocks that need a page record. */
  memoryUse(): MemoryUse {
    return {
      bytes: this.#core.usedMemory() >>> 0,
      mixedPageblocks: this.#core.mixedPageblocks() >>> 0,
    };
  }

  /**
   * Walks everything. Undefined, or the first broken invariant in words. Slow: for tests and
   * doubts.
   */
  validate(): string | undefined {
    const code = this.#core.validate();
    return code === 0 ? undefined : brokenInvariant(code, this.#scratch.words[0] ?? 0);
  }
}

function wordOf(request: PageRequest | PreparedRequest): number {
  if (typeof request !== "number") return prepareRequest(request);
  if (!isU32(request)) u32("request", request);
  return request;
}

/** The core takes numbers modulo 2^32: another page would be meant. */
function u32(name: string, value: number): void {
  if (isU32(value)) return;
  throw optionError(`${name} must be a whole number from 0 to 2^32 - 1, got ${shown(value)}`);
}
