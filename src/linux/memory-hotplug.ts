import type { VirtualClock } from "../clock.js";
import { PAGE_SIZE, PAGEBLOCK_PAGES, PageClass } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import { Errno } from "../errno.js";
import type { Calibration } from "./calibration.js";
import type { LinuxMemory, MemoryBlockInfo, MemoryGroup, MemoryNotifier } from "./linux-memory.js";
import type { ContigResult } from "../core/contig-result.js";
import type { ZoneKind } from "../core/zone-kind.js";
import {
  chargeMemmap,
  freeMemmap,
  MEMMAP_SIZE,
  SECTION_SIZE,
  withoutFirst,
  type MemmapRuns,
} from "./memmap.js";
import { MemoryAccounting, type AccountedBlock } from "./memory-accounting.js";
import { MemoryGroups } from "./memory-groups.js";
import { chooseZone, type OnlineSettings } from "./online-policy.js";
import type { LinuxProfile } from "./profile.js";
import type { PausingWork } from "../pausing-work.js";
import { extendSpan, shrinkSpan } from "./zone-span.js";
import type { Zone, ZoneTable } from "./zone-table.js";

interface RegisteredNotifier {
  readonly notifier: MemoryNotifier;
  readonly priority: number;
}

/** A memory block as Linux knows it. */
interface MemoryBlock extends AccountedBlock {
  readonly id: number;
  /** Its struct pages; empty where they came with the boot memory. */
  memmap: MemmapRuns;
}

export interface MemoryHotplugOptions {
  readonly pages: PageMemory;
  readonly zones: ZoneTable;
  readonly memoryBlockSize: number;
  readonly online: OnlineSettings;
  readonly profile: LinuxProfile;
  readonly clock: VirtualClock;
  readonly calibration: Calibration;
  /**
   * Where the struct pages of added memory lie: in memory that was there before, or in its own
   * first pages.
   */
  readonly memmap?: "older-memory" | "added-memory";
  /** NUMA node of memory whose driver does not say. */
  readonly node: number;
}

/** A memory block as plain data: id, zone in the core or -1, managed, withdrawn, its memmap. */
export type SavedMemoryBlock = readonly [
  id: number,
  zone: number,
  managed: number,
  withdrawn: number,
  ...memmap: number[],
];

/** Pages that move between two pauses of an attempt, or some more: about a millisecond of work. */
const PART_PAGES = 2048;

/** Memory blocks and how they come online, as plain data. */
export interface MemoryHotplugState {
  readonly memoryBlockSize: number;
  readonly online: OnlineSettings;
  readonly memmap: "older-memory" | "added-memory";
  readonly node: number;
  readonly blocks: readonly SavedMemoryBlock[];
}

/**
 * Memory blocks of a guest over its pages: adding, onlining, offlining, removing, and the
 * accounting of zones.
 */
export class MemoryHotplug implements LinuxMemory {
  readonly memoryBlockSize: number;
  readonly #options: MemoryHotplugOptions;
  readonly #pages: PageMemory;
  readonly #zones: ZoneTable;
  /** By id. */
  readonly #blocks: (MemoryBlock | undefined)[];
  /** In the order in which they are called; rebuilt when one comes or goes. */
  #notifiers: readonly RegisteredNotifier[] = [];
  readonly #groups = new MemoryGroups();
  readonly #accounting: MemoryAccounting;
  readonly #pagesPerBlock: number;

  /** @internal */
  constructor(options: MemoryHotplugOptions) {
    this.#options = options;
    this.#pages = options.pages;
    this.#zones = options.zones;
    this.memoryBlockSize = options.memoryBlockSize;
    this.#pagesPerBlock = options.memoryBlockSize / PAGE_SIZE;
    const nrPages = options.pages.nrPageblocks * PAGEBLOCK_PAGES;
    this.#blocks = new Array<MemoryBlock | undefined>(Math.ceil(nrPages / this.#pagesPerBlock));
    const { accounting } = options.profile.driver;
    this.#accounting = new MemoryAccounting(options.zones, accounting, this.#pagesPerBlock);
  }

  /** Bytes at the start of each added memory block that hold its own struct pages. */
  get ownMemmapSize(): number {
    if (this.#options.memmap !== "added-memory") return 0;
    return (this.memoryBlockSize / SECTION_SIZE) * MEMMAP_SIZE;
  }

  /**
   * Takes over a memory block of the device that exists already: its pages are loaded, its
   * accounting is that of its zone.
   *
   * @param zone - undefined while it is offline.
   * @param managed - its pages that the zone counts as managed.
   * @internal
   */
  adopt(id: number, zone: Zone | undefined, managed: number, memmap: MemmapRuns): void {
    const withdrawn = zone === undefined ? 0 : this.#pagesPerBlock - managed;
    this.#blocks[id] = { id, zone, memmap, managed, withdrawn };
  }

  /** What {@link load} of a new one, made with its settings, takes. @internal */
  save(): MemoryHotplugState {
    const { online, memmap = "older-memory", node } = this.#options;
    const blocks: SavedMemoryBlock[] = [];
    for (const block of this.#blocks) {
      if (block === undefined) continue;
      const { id, zone, managed, withdrawn, memmap: runs } = block;
      blocks.push([id, zone?.id ?? -1, managed, withdrawn, ...runs]);
    }
    return { memoryBlockSize: this.memoryBlockSize, online, memmap, node, blocks };
  }

  /** Takes over memory blocks, before any driver registers. @internal */
  load(blocks: readonly SavedMemoryBlock[]): void {
    for (const [id, zone, managed, withdrawn, ...memmap] of blocks) {
      const known = zone < 0 ? undefined : this.#zones.byId(zone);
      this.#blocks[id] = { id, zone: known, managed, withdrawn, memmap };
    }
  }

  memoryBlock(id: number): MemoryBlockInfo | undefined {
    const block = this.#blocks[id];
    if (block === undefined) return undefined;
    const { zone } = block;
    return { id, state: zone === undefined ? "offline" : "online", zone: zone?.kind };
  }

  addMemoryBlocks(firstId: number, count: number): number {
    const { autoOnline } = this.#options.online;
    for (let id = firstId; id < firstId + count; id++) {
      if (this.#blocks[id] !== undefined) return -Errno.EEXIST;
    }
    const added: MemoryBlock[] = [];
    const sections = this.memoryBlockSize / SECTION_SIZE;
    for (let id = firstId; id < firstId + count; id++) {
      const memmap =
        this.ownMemmapSize > 0
          ? []
          : chargeMemmap(this.#pages, sections, this.#nodeOf(this.#groupOf(id)));
      if (memmap === undefined) {
        for (const { memmap: runs } of added) freeMemmap(this.#pages, runs);
        return -Errno.ENOMEM;
      }
      added.push({ id, zone: undefined, memmap, managed: 0, withdrawn: 0 });
    }
    this.#spend(sections * count * this.#options.calibration.addSectionNs);
    for (const block of added) this.#blocks[block.id] = block;
    if (autoOnline !== "offline") for (const block of added) this.#online(block);
    return 0;
  }

  offlineAndRemove(firstId: number, count: number): number {
    const taken: [MemoryBlock, ZoneKind][] = [];
    for (let id = firstId; id < firstId + count; id++) {
      const block = this.#blocks[id];
      if (block?.zone === undefined) continue;
      const { kind } = block.zone;
      const errno = this.#offline(block);
      if (errno !== 0) {
        for (const [offlined, oldKind] of taken) this.#online(offlined, oldKind);
        return errno;
      }
      taken.push([block, kind]);
    }
    for (let id = firstId; id < firstId + count; id++) {
      const block = this.#blocks[id];
      if (block === undefined) continue;
      freeMemmap(this.#pages, block.memmap);
      this.#blocks[id] = undefined;
    }
    this.#spend(
      (this.memoryBlockSize / SECTION_SIZE) * count * this.#options.calibration.removeSectionNs,
    );
    return 0;
  }

  /**
   * User space brings a memory block online, into the zone it names or, with `online`, into the one
   * that the policy chooses.
   *
   * @param id - Its address divided by {@link memoryBlockSize}.
   * @param as - What user space writes to the memory block's `state`: `online`, `online_kernel` or
   *   `online_movable`.
   * @returns 0; -EBUSY if a driver vetoes it; -EINVAL if there is no such memory block, or it is
   *   online already.
   */
  onlineMemoryBlock(id: number, as: Exclude<OnlineSettings["autoOnline"], "offline">): number {
    const block = this.#blocks[id];
    if (block === undefined || block.zone !== undefined) return -Errno.EINVAL;
    this.#online(block, this.#chooseZone(block, as));
    return this.memoryBlock(id)?.state === "online" ? 0 : -Errno.EBUSY;
  }

  /**
   * User space takes a memory block offline: its pages move elsewhere.
   *
   * @param id - Its address divided by {@link memoryBlockSize}.
   * @returns 0; -EBUSY if a page cannot move or a driver vetoes it; -ENOMEM without room elsewhere;
   *   -EINVAL if there is no such memory block, or it is offline already.
   */
  offlineMemoryBlock(id: number): number {
    const block = this.#blocks[id];
    if (block?.zone === undefined) return -Errno.EINVAL;
    return this.#offline(block);
  }

  allocContigRange(startPfn: number, nrPages: number): ContigResult {
    return this.#paid(this.#pages.allocContig(startPfn, nrPages), nrPages);
  }

  *allocContigInParts(startPfn: number, nrPages: number): PausingWork<ContigResult> {
    for (;;) {
      const result = this.#pages.allocContigPart(startPfn, nrPages, PART_PAGES);
      if (result !== undefined) return this.#paid(result, nrPages);
      yield;
    }
  }

  /** An attempt that is over takes its time. */
  #paid(result: ContigResult, nrPages: number): ContigResult {
    const prices = this.#options.calibration;
    const ns =
      result.stage === "isolate"
        ? prices.refusedNs
        : prices.attemptNs +
          Math.ceil(nrPages / PAGEBLOCK_PAGES) * prices.perPageblockNs +
          result.migratedPages * prices.migratedPageNs +
          result.droppedPages * prices.droppedPageNs +
          (isReclaimed(result) ? prices.reclaimNs : 0);
    this.#spend(ns);
    return result;
  }

  freeContigRange(startPfn: number, nrPages: number): void {
    this.#pages.freeContig(startPfn, nrPages);
  }

  setOffline(startPfn: number, nrPages: number): void {
    this.#pages.markOffline(startPfn, nrPages);
    this.#forEachPart(startPfn, nrPages, (block, part) => {
      this.#accounting.taken(block, part);
    });
    this.#followManaged();
  }

  fakeOnline(startPfn: number, nrPages: number): void {
    const runs = this.#pages.runsOfClass(startPfn, nrPages, PAGEBLOCK_PAGES);
    for (const [start, nr, pageClass] of runs) {
      const neverOnlined = pageClass === PageClass.NeverOnlined;
      if (neverOnlined) this.#pages.onlinePages(start, nr);
      else this.#pages.freeContig(start, nr);
      this.#forEachPart(start, nr, (block, part) => {
        this.#accounting.givenBack(block, part, neverOnlined);
      });
    }
    this.#followManaged();
  }

  /** adjust_managed_page_count(): managed pages of a zone have changed without its marks. */
  #followManaged(): void {
    if (this.#options.profile.mm.reserves === "by-subblock") this.#zones.renewReserves();
  }

  /**
   * Calls back for every memory block event from now on, as {@link LinuxMemory} says.
   *
   * @param notifier - Is asked and told; its memory groups count from now on.
   * @param priority - Higher ones are called first, equal ones in the order of registration.
   *   Default: 0.
   * @returns the function that ends it.
   */
  registerNotifier(notifier: MemoryNotifier, priority = 0): () => void {
    const entry = { notifier, priority };
    const before = this.#notifiers.filter((other) => other.priority >= priority);
    const after = this.#notifiers.filter((other) => other.priority < priority);
    this.#notifiers = [...before, entry, ...after];
    for (const block of this.#blocks) {
      if (block?.zone !== undefined) this.#count(notifier.memoryGroup(block.id), block.zone, 1);
    }
    return () => {
      this.#notifiers = this.#notifiers.filter((other) => other !== entry);
    };
  }

  /**
   * Visits the online memory blocks that a range of pages touches, with how many of its pages each
   * has.
   */
  #forEachPart(
    startPfn: number,
    nrPages: number,
    visit: (block: MemoryBlock, nrPages: number) => void,
  ): void {
    const end = startPfn + nrPages;
    const firstId = Math.floor(startPfn / this.#pagesPerBlock);
    for (let id = firstId; id * this.#pagesPerBlock < end; id++) {
      const block = this.#blocks[id];
      if (block?.zone === undefined) continue;
      const blockStart = id * this.#pagesPerBlock;
      visit(
        block,
        Math.min(blockStart + this.#pagesPerBlock, end) - Math.max(blockStart, startPfn),
      );
    }
  }

  #startPfn(block: MemoryBlock): number {
    return block.id * this.#pagesPerBlock;
  }

  /**
   * Brings a block online unless a notifier vetoes, into the zone of the policy or the given one.
   */
  #online(block: MemoryBlock, kind: ZoneKind = this.#chooseZone(block)): void {
    const { id } = block;
    const notifiers = this.#notifiers;
    if (!notifiers.every(({ notifier }) => notifier.goingOnline(id, kind))) {
      for (const { notifier } of notifiers) notifier.cancelOnline(id);
      return;
    }
    const start = this.#startPfn(block);
    const group = this.#groupOf(id);
    const zone = this.#zones.zone(kind, this.#nodeOf(group));
    let runs: readonly (readonly [number, number])[] = [[start, this.#pagesPerBlock]];
    for (const { notifier } of notifiers) runs = notifier.pluggedRuns(id) ?? runs;
    if (block.memmap.length === 0) runs = withoutFirst(runs, this.ownMemmapSize / PAGE_SIZE);
    this.#pages.online(zone.id, start, this.#pagesPerBlock, runs);
    let onlined = 0;
    for (const [, nrPages] of runs) onlined += nrPages;
    this.#accounting.online(block, zone, onlined);
    extendSpan(zone, start, start + this.#pagesPerBlock);
    this.#count(group, zone, 1);
    this.#zones.recompute();
    for (const { notifier } of notifiers) notifier.online(id, kind);
  }

  #offline(block: MemoryBlock): number {
    const { id, zone } = block;
    if (zone === undefined) return 0;
    const notifiers = this.#notifiers;
    const vetoing = notifiers.findIndex(({ notifier }) => !notifier.goingOffline(id));
    if (vetoing >= 0) {
      for (const { notifier } of notifiers) notifier.cancelOffline(id);
      const unasked = notifiers.slice(vetoing + 1);
      if (unasked.some(({ notifier }) => notifier.memoryGroup(id) !== undefined)) {
        this.#accounting.cancelledUnasked(block);
      }
      return -Errno.EBUSY;
    }
    const errno = this.#evacuate(block);
    if (errno !== 0) {
      for (const { notifier } of notifiers) notifier.cancelOffline(id);
      return errno;
    }
    this.#accounting.offline(block);
    const start = this.#startPfn(block);
    shrinkSpan(zone, start, start + this.#pagesPerBlock, this.#pagesPerBlock, (pfn) => {
      return this.#blocks[pfn / this.#pagesPerBlock]?.zone === zone;
    });
    this.#count(this.#groupOf(id), zone, -1);
    this.#zones.recompute();
    for (const { notifier } of notifiers) notifier.offline(id);
    return 0;
  }

  /**
   * Takes the pages of a block out of use. Fake-offline ones block, unless the version's
   * driver drops its references for the occasion; one that is not there any more does not.
   */
  #evacuate(block: MemoryBlock): number {
    if (block.withdrawn > 0) {
      const { partialGoesOffline } = this.#options.profile.driver.accounting;
      if (!partialGoesOffline || this.#groupOf(block.id) === undefined) return -Errno.EBUSY;
    }
    return this.#pages.offline(this.#startPfn(block), this.#pagesPerBlock).errno;
  }

  /** The memory group of a block, by the driver that it belongs to. */
  #groupOf(id: number): MemoryGroup | undefined {
    for (const { notifier } of this.#notifiers) {
      const group = notifier.memoryGroup(id);
      if (group !== undefined) return group;
    }
    return undefined;
  }

  #nodeOf(group: MemoryGroup | undefined): number {
    return group?.node ?? this.#options.node;
  }

  #count(group: MemoryGroup | undefined, zone: Zone, sign: 1 | -1): void {
    if (group !== undefined) this.#groups.add(group, zone, sign * this.#pagesPerBlock);
  }

  #chooseZone(block: MemoryBlock, as = this.#options.online.autoOnline): ZoneKind {
    const { online } = this.#options;
    const group = this.#groupOf(block.id);
    const rest = this.#restOfUnit(block.id, group?.unitMemoryBlocks ?? 1);
    return chooseZone({
      settings: as === online.autoOnline ? online : { ...online, autoOnline: as },
      zones: this.#zones,
      groups: this.#groups,
      group,
      node: this.#nodeOf(group),
      startPfn: this.#startPfn(block),
      nrPages: this.#pagesPerBlock,
      unitRestPages: rest.nrOffline * this.#pagesPerBlock,
      unitHasKernelZone: rest.hasKernelZone,
    });
  }

  /**
   * Memory blocks that are not online yet of the unit of `nr` in which a block comes and goes, and
   * where the others are.
   */
  #restOfUnit(id: number, nr: number): { nrOffline: number; hasKernelZone: boolean } {
    const first = Math.floor(id / nr) * nr;
    let nrOffline = 0;
    let hasKernelZone = false;
    for (let other = first; other < first + nr; other++) {
      const zone = this.#blocks[other]?.zone;
      if (zone === undefined) nrOffline++;
      else if (zone.kind !== "Movable") hasKernelZone = true;
    }
    return { nrOffline, hasKernelZone };
  }

  #spend(ns: number): void {
    this.#options.clock.advanceNs(Math.round(ns));
  }
}

/** Has it asked for memory in vain? A page of 1 GiB is refused without that. */
function isReclaimed({ errno, blockingClass }: ContigResult): boolean {
  return errno === -Errno.ENOMEM && blockingClass !== "gigantic";
}
