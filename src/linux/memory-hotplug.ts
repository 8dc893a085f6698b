import type { VirtualClock } from "../clock.js";
import {
  AllocFlag,
  Migratetype,
  PAGE_SIZE,
  PAGEBLOCK_PAGES,
  PageClass,
  ZoneKindNumber,
} from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import { Errno } from "../errno.js";
import { BlockSpan } from "./block-span.js";
import type { Calibration } from "./calibration.js";
import type {
  ContigResult,
  LinuxMemory,
  MemoryBlockInfo,
  MemoryNotifier,
  ZoneKind,
} from "./linux-memory.js";
import {
  chooseZone,
  type MemoryGroup,
  type OnlineSettings,
  type ZoneSpans,
} from "./online-policy.js";
import type { LinuxProfile } from "./profile.js";
import type { Zone, ZoneTable } from "./zone-table.js";

/** Sparse-memory section: the unit that has a memmap of 2 MiB. */
export const SECTION_SIZE = 128 * 1024 * 1024;
export const MEMMAP_ORDER = 9;

/** A memory block as Linux knows it. */
interface MemoryBlock {
  readonly id: number;
  zone: Zone | undefined;
  /** Its struct pages, as runs of pages; empty where they came with the boot memory. */
  memmap: (readonly [startPfn: number, nrPages: number])[];
  /** Pages of it that its zone counts as managed. */
  managed: number;
}

export interface MemoryHotplugOptions {
  readonly pages: PageMemory;
  readonly zones: ZoneTable;
  readonly memoryBlockSize: number;
  readonly online: OnlineSettings;
  readonly profile: LinuxProfile;
  readonly clock: VirtualClock;
  readonly calibration: Calibration;
  /** NUMA node of the device's memory. */
  readonly node: number;
}

/** Memory blocks of a guest over its pages: adding, onlining, offlining, removing, and the books of zones. */
export class MemoryHotplug implements LinuxMemory {
  readonly memoryBlockSize: number;
  readonly #options: MemoryHotplugOptions;
  readonly #pages: PageMemory;
  readonly #zones: ZoneTable;
  readonly #blocks = new Map<number, MemoryBlock>();
  readonly #notifiers = new Set<MemoryNotifier>();
  readonly #group: MemoryGroup;
  /** Where the online memory of the device lies by kind of zone. Boot memory lies below and is never in between. */
  readonly #kernelSpan = new BlockSpan();
  readonly #movableSpan = new BlockSpan();
  readonly #pagesPerBlock: number;

  constructor(options: MemoryHotplugOptions) {
    this.#options = options;
    this.#pages = options.pages;
    this.#zones = options.zones;
    this.memoryBlockSize = options.memoryBlockSize;
    this.#pagesPerBlock = options.memoryBlockSize / PAGE_SIZE;
    this.#group = { node: options.node, kernelPages: 0, movablePages: 0 };
  }

  /**
   * Takes over a memory block of the device that exists already: its pages are loaded, its books are those of its zone.
   *
   * @param zone - undefined while it is offline.
   * @param managed - its pages that the zone counts as managed.
   */
  adopt(
    id: number,
    zone: Zone | undefined,
    managed: number,
    memmap: readonly (readonly [startPfn: number, nrPages: number])[],
  ): void {
    this.#blocks.set(id, { id, zone, memmap: [...memmap], managed });
    if (zone !== undefined) this.#noteOnline(id, zone);
  }

  memoryBlock(id: number): MemoryBlockInfo | undefined {
    const block = this.#blocks.get(id);
    if (block === undefined) return undefined;
    const { zone } = block;
    return { id, state: zone === undefined ? "offline" : "online", zone: zone?.kind };
  }

  addMemoryBlocks(firstId: number, count: number): number {
    const { autoOnline } = this.#options.online;
    for (let id = firstId; id < firstId + count; id++) {
      if (this.#blocks.has(id)) return -Errno.EEXIST;
    }
    const added: MemoryBlock[] = [];
    for (let id = firstId; id < firstId + count; id++) {
      const memmap = this.#chargeMemmap();
      if (memmap === undefined) {
        for (const { memmap: runs } of added) this.#freeMemmap(runs);
        return -Errno.ENOMEM;
      }
      added.push({ id, zone: undefined, memmap, managed: 0 });
    }
    this.#spend(
      (this.memoryBlockSize / SECTION_SIZE) * count * this.#options.calibration.addSectionNs,
    );
    for (const block of added) this.#blocks.set(block.id, block);
    if (autoOnline !== "offline") for (const block of added) this.#online(block);
    return 0;
  }

  offlineAndRemove(firstId: number, count: number): number {
    const taken: [MemoryBlock, ZoneKind][] = [];
    for (let id = firstId; id < firstId + count; id++) {
      const block = this.#blocks.get(id);
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
      const block = this.#blocks.get(id);
      if (block === undefined) continue;
      this.#freeMemmap(block.memmap);
      this.#blocks.delete(id);
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
   * @returns 0; -EBUSY if a driver vetoes it; -EINVAL if there is no such memory block, or it is
   *   online already.
   */
  onlineMemoryBlock(id: number, as: Exclude<OnlineSettings["autoOnline"], "offline">): number {
    const block = this.#blocks.get(id);
    if (block === undefined || block.zone !== undefined) return -Errno.EINVAL;
    this.#online(block, this.#chooseZone(block, as));
    return this.memoryBlock(id)?.state === "online" ? 0 : -Errno.EBUSY;
  }

  /**
   * User space takes a memory block offline: its pages move elsewhere.
   *
   * @returns 0; -EBUSY if a page cannot move or a driver vetoes it; -ENOMEM without room elsewhere;
   *   -EINVAL if there is no such memory block, or it is offline already.
   */
  offlineMemoryBlock(id: number): number {
    const block = this.#blocks.get(id);
    if (block?.zone === undefined) return -Errno.EINVAL;
    return this.#offline(block);
  }

  allocContigRange(startPfn: number, nrPages: number): ContigResult {
    const result = this.#pages.allocContig(startPfn, nrPages);
    const prices = this.#options.calibration;
    const ns =
      result.stage === "isolate"
        ? prices.refusedNs
        : prices.attemptNs +
          Math.ceil(nrPages / PAGEBLOCK_PAGES) * prices.perPageblockNs +
          result.migratedPages * prices.migratedPageNs +
          result.droppedPages * prices.droppedPageNs;
    this.#spend(ns);
    return result;
  }

  freeContigRange(startPfn: number, nrPages: number): void {
    this.#pages.freeContig(startPfn, nrPages);
  }

  setOffline(startPfn: number, nrPages: number): void {
    this.#pages.markOffline(startPfn, nrPages);
    if (this.#options.profile.driver.accounting.takenLeaveManaged) {
      this.#addManaged(startPfn, nrPages, -1);
    }
  }

  fakeOnline(startPfn: number, nrPages: number): void {
    const runs = this.#pages.runsOfClass(startPfn, nrPages, PAGEBLOCK_PAGES);
    for (const [start, nr, pageClass] of runs) {
      this.#fakeOnlineRun(start, nr, pageClass === PageClass.NeverOnlined);
    }
  }

  registerNotifier(notifier: MemoryNotifier): () => void {
    this.#notifiers.add(notifier);
    return () => this.#notifiers.delete(notifier);
  }

  #fakeOnlineRun(startPfn: number, nrPages: number, never: boolean): void {
    if (never) this.#pages.onlinePages(startPfn, nrPages);
    else this.#pages.freeContig(startPfn, nrPages);
    if (never || this.#options.profile.driver.accounting.takenLeaveManaged) {
      this.#addManaged(startPfn, nrPages, 1);
    }
  }

  #addManaged(startPfn: number, nrPages: number, sign: 1 | -1): void {
    const end = startPfn + nrPages;
    const firstId = Math.floor(startPfn / this.#pagesPerBlock);
    for (let id = firstId; id * this.#pagesPerBlock < end; id++) {
      const block = this.#blocks.get(id);
      if (block?.zone === undefined) continue;
      const blockStart = id * this.#pagesPerBlock;
      const part = Math.min(blockStart + this.#pagesPerBlock, end) - Math.max(blockStart, startPfn);
      block.zone.managed += sign * part;
      block.managed += sign * part;
    }
  }

  /** The struct pages of one memory block, or undefined where there is no room: all or nothing. */
  #chargeMemmap(): (readonly [number, number])[] | undefined {
    const runs: (readonly [number, number])[] = [];
    for (let section = 0; section < this.memoryBlockSize / SECTION_SIZE; section++) {
      const part = this.#allocMemmap();
      if (part === undefined) {
        this.#freeMemmap(runs);
        return undefined;
      }
      runs.push(...part);
    }
    return runs;
  }

  /** 2 MiB as one chunk; where none is left, as 512 single pages. */
  #allocMemmap(): (readonly [number, number])[] | undefined {
    const request = {
      order: MEMMAP_ORDER,
      type: Migratetype.Unmovable,
      pageClass: PageClass.Memmap,
      kind: ZoneKindNumber.Normal,
      node: this.#options.node,
      flags: AllocFlag.Compound,
    };
    const pfn = this.#pages.tryAlloc(request);
    if (pfn !== undefined) return [[pfn, PAGEBLOCK_PAGES]];
    const runs: [number, number][] = [];
    const got = this.#pages.allocBulk(PAGEBLOCK_PAGES, request, runs);
    if (got === PAGEBLOCK_PAGES) return runs;
    this.#freeMemmap(runs);
    return undefined;
  }

  #freeMemmap(runs: readonly (readonly [number, number])[]): void {
    for (const [startPfn, nrPages] of runs) {
      if (nrPages === PAGEBLOCK_PAGES) this.#pages.free(startPfn, MEMMAP_ORDER);
      else this.#pages.freeRun(startPfn, nrPages);
    }
  }

  #startPfn(block: MemoryBlock): number {
    return block.id * this.#pagesPerBlock;
  }

  /** Brings a block online unless a notifier vetoes, into the zone of the policy or the given one. */
  #online(block: MemoryBlock, kind: ZoneKind = this.#chooseZone(block)): void {
    const { id } = block;
    const notifiers = [...this.#notifiers];
    for (const [index, notifier] of notifiers.entries()) {
      if (notifier.goingOnline(id, kind)) continue;
      for (const asked of notifiers.slice(0, index + 1)) asked.cancelOnline(id);
      return;
    }
    const start = this.#startPfn(block);
    const zone = this.#zones.zone(kind, this.#options.node);
    let runs: readonly (readonly [number, number])[] = [[start, this.#pagesPerBlock]];
    for (const notifier of notifiers) runs = notifier.pluggedRuns(id) ?? runs;
    this.#pages.online(zone.id, start, this.#pagesPerBlock, runs);
    block.zone = zone;
    block.managed = runs.reduce((sum, [, nrPages]) => sum + nrPages, 0);
    zone.managed += block.managed;
    zone.present += this.#pagesPerBlock;
    this.#noteOnline(id, zone);
    this.#zones.recompute();
    for (const notifier of notifiers) notifier.online(id, kind);
  }

  #offline(block: MemoryBlock): number {
    const { id, zone } = block;
    if (zone === undefined) return 0;
    const notifiers = [...this.#notifiers];
    for (const [index, notifier] of notifiers.entries()) {
      if (notifier.goingOffline(id)) continue;
      for (const asked of notifiers.slice(0, index + 1)) asked.cancelOffline(id);
      return -Errno.EBUSY;
    }
    const { errno } = this.#pages.offline(this.#startPfn(block), this.#pagesPerBlock);
    if (errno !== 0) {
      for (const notifier of notifiers) notifier.cancelOffline(id);
      return errno;
    }
    zone.managed -= block.managed;
    zone.present -= this.#pagesPerBlock;
    block.managed = 0;
    block.zone = undefined;
    this.#noteOffline(id, zone);
    this.#zones.recompute();
    for (const notifier of notifiers) notifier.offline(id);
    return 0;
  }

  #noteOnline(id: number, zone: Zone): void {
    this.#addToGroup(zone, this.#pagesPerBlock);
    this.#spanOf(zone).add(id);
  }

  #noteOffline(id: number, zone: Zone): void {
    this.#addToGroup(zone, -this.#pagesPerBlock);
    const isMovable = zone.kind === "Movable";
    this.#spanOf(zone).remove(id, (other) => {
      const kind = this.#blocks.get(other)?.zone?.kind;
      return kind !== undefined && (kind === "Movable") === isMovable;
    });
  }

  #spanOf(zone: Zone): BlockSpan {
    return zone.kind === "Movable" ? this.#movableSpan : this.#kernelSpan;
  }

  #addToGroup(zone: Zone, nrPages: number): void {
    if (zone.kind === "Movable") this.#group.movablePages += nrPages;
    else this.#group.kernelPages += nrPages;
  }

  #chooseZone(block: MemoryBlock, as = this.#options.online.autoOnline): ZoneKind {
    const start = this.#startPfn(block);
    return chooseZone(
      { ...this.#options.online, autoOnline: as },
      this.#zones,
      [this.#group],
      this.#group,
      this.#spans(),
      start,
      this.#pagesPerBlock,
    );
  }

  #spans(): ZoneSpans {
    const pfns = ({ ends }: BlockSpan): readonly [number, number] | undefined =>
      ends && [ends[0] * this.#pagesPerBlock, (ends[1] + 1) * this.#pagesPerBlock];
    return { kernel: pfns(this.#kernelSpan), movable: pfns(this.#movableSpan) };
  }

  #spend(ns: number): void {
    this.#options.clock.advance(Math.round(ns));
  }
}
