import { Errno } from "../../../src/errno.js";
import type {
  LinuxMemory,
  MemoryBlockInfo,
  MemoryNotifier,
} from "../../../src/linux/linux-memory.js";
import type { ContigResult } from "../../../src/core/contig-result.js";
import type { ZoneKind } from "../../../src/core/zone-kind.js";

const PAGE_SIZE = 4096;
/** The fake accounts in units of this many pages; so must the driver. */
const UNIT_PAGES = 256;

type UnitState = "buddy" | "taken" | "fake-offline" | "never-onlined";

export interface FakeLinuxMemoryOptions {
  readonly memoryBlockSize?: number;
  /** Zone in which a memory block comes online when it is added; undefined keeps it offline. */
  readonly onlining?: (id: number) => ZoneKind | undefined;
  /** Pages that nothing can move. */
  readonly blockedPfns?: Iterable<number>;
}

/**
 * Memory management that answers from a table of immovable pages, and checks the driver: it throws
 * whenever a call breaks the accounting of the pages named (docs/spec/driver.md#invariants).
 */
export class FakeLinuxMemory implements LinuxMemory {
  readonly memoryBlockSize: number;
  readonly blockedPfns: Set<number>;
  onlining: (id: number) => ZoneKind | undefined;
  /** Result of the next calls of addMemoryBlocks(), first one first; 0 where it is empty. */
  readonly addResults: number[] = [];
  /** Result of the next calls of offlineAndRemove() for online memory, as {@link addResults}. */
  readonly removeResults: number[] = [];
  /** Called at the beginning of offlineAndRemove(). */
  onRemove: () => void = () => undefined;
  /** Errno of the next failed attempts of allocContigRange() instead of -EBUSY. */
  readonly contigResults: number[] = [];
  readonly calls: string[] = [];
  readonly #memoryBlocks = new Map<number, MemoryBlockInfo>();
  /** By start pfn / UNIT_PAGES, for each online memory block. */
  readonly #units = new Map<number, UnitState>();
  readonly #notifiers = new Set<MemoryNotifier>();

  constructor({ memoryBlockSize, onlining, blockedPfns }: FakeLinuxMemoryOptions = {}) {
    this.memoryBlockSize = memoryBlockSize ?? 128 * 1024 * 1024;
    this.onlining = onlining ?? (() => "Normal");
    this.blockedPfns = new Set(blockedPfns);
  }

  /** Puts a memory block there as if it had been added long ago. */
  place(id: number, zone: ZoneKind | undefined, pluggedPfns: (pfn: number) => boolean): void {
    this.#memoryBlocks.set(id, { id, state: zone === undefined ? "offline" : "online", zone });
    if (zone === undefined) return;
    for (const unit of this.#unitsOf(id)) {
      this.#units.set(unit, pluggedPfns(unit * UNIT_PAGES) ? "buddy" : "never-onlined");
    }
  }

  memoryBlock(id: number): MemoryBlockInfo | undefined {
    return this.#memoryBlocks.get(id);
  }

  memoryBlockIds(): number[] {
    return [...this.#memoryBlocks.keys()].sort((a, b) => a - b);
  }

  addMemoryBlocks(firstId: number, count: number): number {
    this.calls.push(`add ${firstId}+${count}`);
    const errno = this.addResults.shift() ?? 0;
    if (errno !== 0) return errno;
    for (let id = firstId; id < firstId + count; id++) {
      if (this.#memoryBlocks.has(id)) throw new Error(`memory block ${id} was added twice`);
      this.#memoryBlocks.set(id, { id, state: "offline", zone: undefined });
    }
    for (let id = firstId; id < firstId + count; id++) {
      const zone = this.onlining(id);
      if (zone !== undefined) this.online(id, zone);
    }
    return 0;
  }

  /** Brings an offline memory block online; false where a driver vetoes it. */
  online(id: number, zone: ZoneKind): boolean {
    if (this.#memoryBlocks.get(id)?.state !== "offline") throw new Error(`${id} is not offline`);
    for (const notifier of this.#notifiers) {
      if (!notifier.goingOnline(id, zone)) {
        notifier.cancelOnline(id);
        return false;
      }
    }
    for (const unit of this.#unitsOf(id)) this.#units.set(unit, "never-onlined");
    for (const notifier of this.#notifiers) {
      for (const [startPfn, nrPages] of notifier.pluggedRuns(id) ?? []) {
        this.#move(startPfn, nrPages, ["never-onlined"], "buddy");
      }
    }
    this.#memoryBlocks.set(id, { id, state: "online", zone });
    for (const notifier of this.#notifiers) notifier.online(id, zone);
    return true;
  }

  /** Takes an online memory block offline; false where a page in use cannot move. */
  offline(id: number): boolean {
    if (this.#memoryBlocks.get(id)?.state !== "online") throw new Error(`${id} is not online`);
    for (const notifier of this.#notifiers) {
      if (!notifier.goingOffline(id)) {
        notifier.cancelOffline(id);
        return false;
      }
    }
    const isBlocked = this.#unitsOf(id).some(
      (unit) =>
        this.#units.get(unit) === "buddy" && this.#blockingPfn(unit * UNIT_PAGES) !== undefined,
    );
    if (isBlocked) {
      for (const notifier of this.#notifiers) notifier.cancelOffline(id);
      return false;
    }
    for (const unit of this.#unitsOf(id)) this.#units.delete(unit);
    this.#memoryBlocks.set(id, { id, state: "offline", zone: undefined });
    for (const notifier of this.#notifiers) notifier.offline(id);
    return true;
  }

  offlineAndRemove(firstId: number, count: number): number {
    this.calls.push(`remove ${firstId}+${count}`);
    this.onRemove();
    const isOnline = this.#memoryBlocks.get(firstId)?.state === "online";
    const errno = isOnline ? (this.removeResults.shift() ?? 0) : 0;
    if (errno !== 0) return errno;
    const offlined: [number, ZoneKind][] = [];
    for (let id = firstId; id < firstId + count; id++) {
      const info = this.#memoryBlocks.get(id);
      if (info === undefined) throw new Error(`memory block ${id} is not there`);
      if (info.state === "offline") continue;
      if (!this.offline(id)) {
        for (const [done, zone] of offlined) this.online(done, zone);
        return -Errno.EBUSY;
      }
      offlined.push([id, info.zone ?? "Normal"]);
    }
    for (let id = firstId; id < firstId + count; id++) this.#memoryBlocks.delete(id);
    return 0;
  }

  allocContigRange(startPfn: number, nrPages: number): ContigResult {
    this.calls.push(`contig ${startPfn}+${nrPages}`);
    for (const unit of units(startPfn, nrPages)) {
      if (this.#units.get(unit) !== "buddy") {
        throw new Error(`pfn ${unit * UNIT_PAGES} is ${this.#units.get(unit) ?? "not online"}`);
      }
    }
    const nothing = { migratedPages: 0, droppedPages: 0 };
    for (const unit of units(startPfn, nrPages)) {
      const blockingPfn = this.#blockingPfn(unit * UNIT_PAGES);
      if (blockingPfn === undefined) continue;
      const errno = this.contigResults.shift() ?? -Errno.EBUSY;
      if (errno === -Errno.ENOMEM) {
        return {
          errno,
          stage: "memory",
          blockingPfn: undefined,
          blockingClass: undefined,
          ...nothing,
        };
      }
      return { errno, stage: "isolate", blockingPfn, blockingClass: "kernel", ...nothing };
    }
    this.#move(startPfn, nrPages, ["buddy"], "taken");
    return {
      errno: 0,
      stage: "done",
      blockingPfn: undefined,
      blockingClass: undefined,
      ...nothing,
    };
  }

  setOffline(startPfn: number, nrPages: number): void {
    this.#move(startPfn, nrPages, ["taken"], "fake-offline");
  }

  fakeOnline(startPfn: number, nrPages: number): void {
    this.#move(startPfn, nrPages, ["fake-offline", "never-onlined"], "buddy");
  }

  freeContigRange(startPfn: number, nrPages: number): void {
    this.#move(startPfn, nrPages, ["taken"], "buddy");
  }

  registerNotifier(notifier: MemoryNotifier): () => void {
    this.#notifiers.add(notifier);
    return () => {
      this.#notifiers.delete(notifier);
    };
  }

  /** Pages that the allocator has in an online memory block. */
  nrBuddyPages(id: number): number {
    const inBuddy = this.#unitsOf(id).filter((unit) => this.#units.get(unit) === "buddy");
    return inBuddy.length * UNIT_PAGES;
  }

  #blockingPfn(startPfn: number): number | undefined {
    for (let pfn = startPfn; pfn < startPfn + UNIT_PAGES && this.blockedPfns.size > 0; pfn++) {
      if (this.blockedPfns.has(pfn)) return pfn;
    }
    return undefined;
  }

  #move(startPfn: number, nrPages: number, from: readonly UnitState[], to: UnitState): void {
    for (const unit of units(startPfn, nrPages)) {
      const state = this.#units.get(unit);
      if (state === undefined || !from.includes(state)) {
        throw new Error(`pfn ${unit * UNIT_PAGES} is ${state ?? "not online"}, not ${from.join()}`);
      }
      this.#units.set(unit, to);
    }
  }

  #unitsOf(id: number): number[] {
    return units((id * this.memoryBlockSize) / PAGE_SIZE, this.memoryBlockSize / PAGE_SIZE);
  }
}

function units(startPfn: number, nrPages: number): number[] {
  if (startPfn % UNIT_PAGES !== 0 || nrPages % UNIT_PAGES !== 0 || nrPages <= 0) {
    throw new Error(`range ${startPfn}+${nrPages} is not made of units of ${UNIT_PAGES} pages`);
  }
  return Array.from({ length: nrPages / UNIT_PAGES }, (_, i) => startPfn / UNIT_PAGES + i);
}
