import type { ZoneKind } from "../../core/zone-kind.js";
import { Errno } from "../../errno.js";
import type { DriverContext, DriverMemoryBlock, DriverMode, DriverModeState } from "./mode.js";
import type { MemoryBlockState } from "../memory-block-state.js";
import { MemoryBlockTable } from "./memory-block-table.js";
import { SubBlockUnplug } from "./sub-block-unplug.js";
import type { PausingWork } from "../../pausing-work.js";
import { PAGE_SIZE } from "../../units.js";
import { optionError } from "../../input-error.js";

/**
 * Sub-block mode: parts of a memory block are plugged and unplugged, which Linux adds and removes
 * as a whole (docs/spec/driver.md).
 *
 * ```text
 *           PLUG, add               online
 *  unused ------------> offline* -----------> kernel* | movable*        * or its -partial
 *    ^ |                  |  ^                   |  |
 *    | +-> plugged        |  +-------------------+  |
 *    |        |           |         offline         |
 *    +--------+-----------+-------------------------+
 *             last subblock unplugged, removed
 * ```
 */
export class SubBlockMode implements DriverMode {
  readonly #context: DriverContext;
  readonly #table: MemoryBlockTable;
  readonly #unplug: SubBlockUnplug;
  readonly #subblockSize: number;
  readonly #memoryBlockSize: number;
  #lastUsableId = -1;

  constructor(context: DriverContext) {
    const { geometry, link, log } = context;
    const { memoryBlockSize, subblockSize } = geometry;
    const { addr, regionSize } = link.device;
    const firstId = Math.ceil(addr / memoryBlockSize);
    this.#context = context;
    this.#memoryBlockSize = memoryBlockSize;
    this.#subblockSize = subblockSize;
    this.#table = new MemoryBlockTable({
      firstId,
      capacity: Math.max(0, Math.floor((addr + regionSize) / memoryBlockSize) - firstId),
      subblocksPerMemoryBlock: memoryBlockSize / subblockSize,
      onState: (id, from, to) => {
        log.add({ type: "memory-block-state", atNs: log.clock.nowNs, id, from, to });
      },
    });
    this.#unplug = new SubBlockUnplug(context, this.#table);
    this.refresh();
  }

  get hasEmptyMemoryBlock(): boolean {
    return this.#unplug.hasEmptyMemoryBlock;
  }

  adopt(): void {
    const { device } = this.#context.link;
    const deviceBlocks = this.#subblockSize / device.blockSize;
    const { firstId, subblocksPerMemoryBlock } = this.#table;
    const end = this.#endOfKnown();
    while (this.#table.nextId < end) {
      const id = this.#table.prepare();
      const firstBlock = (id * this.#memoryBlockSize - device.addr) / device.blockSize;
      if (device.isAll(firstBlock, this.#memoryBlockSize / device.blockSize, true)) {
        this.#table.setPlugged(id, 0, subblocksPerMemoryBlock, true);
        this.#adoptState(id);
        continue;
      }
      for (let subblock = 0; subblock < subblocksPerMemoryBlock; subblock++) {
        const start = firstBlock + subblock * deviceBlocks;
        if (device.isAll(start, deviceBlocks, false)) continue;
        if (!device.isAll(start, deviceBlocks, true)) {
          throw optionError(
            `plugged must hold whole subblocks (${deviceBlocks} device blocks), ` +
              `got a part of the one at device block ${start}`,
          );
        }
        this.#table.setPlugged(id, subblock, 1, true);
      }
      this.#adoptState(id);
    }
    const plugged = this.#table.nrPlugged * this.#subblockSize;
    if (plugged !== device.pluggedSize) {
      throw optionError(
        `plugged must lie in whole memory blocks from number ${firstId} on, ` +
          `got ${device.pluggedSize - plugged} bytes elsewhere`,
      );
    }
  }

  save(): DriverModeState {
    return {
      mode: "sub-block",
      table: this.#table.save(),
      lastUsableId: this.#lastUsableId,
      hasEmptyMemoryBlock: this.hasEmptyMemoryBlock,
    };
  }

  load(state: DriverModeState): void {
    if (state.mode !== "sub-block") throw new Error(`sub-block mode cannot go on as ${state.mode}`);
    this.#table.load(state.table);
    this.#lastUsableId = state.lastUsableId;
    this.#unplug.hasEmptyMemoryBlock = state.hasEmptyMemoryBlock;
  }

  covers(id: number): boolean {
    const { firstId, capacity } = this.#table;
    return id >= firstId && id < firstId + capacity;
  }

  refresh(): void {
    const { device, usableRegionSize } = this.#context.link;
    this.#lastUsableId = Math.floor((device.addr + usableRegionSize) / this.#memoryBlockSize) - 1;
  }

  cleanUp(): PausingWork<number> {
    return this.#unplug.cleanUp();
  }

  removeOfflinePartial(): void {
    for (const id of this.#table.inStates(["offline-partial"], false)) this.#unplug.remove(id);
  }

  unplug(size: number): PausingWork<number> {
    return this.#unplug.run(Math.floor(size / this.#subblockSize));
  }

  /**
   * Refills partly plugged memory blocks, lowest hole first, then takes removed and never used
   * ones, ascending. A failure ends it; what was plugged before stays plugged.
   */
  *plug(size: number): PausingWork<number> {
    let left = Math.floor(size / this.#subblockSize);
    for (const states of this.#context.profile.refillOrder) {
      for (const id of this.#table.inStates(states, false)) {
        if (left === 0) return 0;
        const plugged = this.#table.nrPluggedOf(id);
        const wanted = left;
        const rc = this.#table.hold(id, () => this.#refill(id, wanted));
        if (rc !== 0) return rc;
        left -= this.#table.nrPluggedOf(id) - plugged;
        if (this.#context.isPauseDue()) yield;
      }
    }
    for (const id of this.#table.inStates(["unused"], false)) {
      if (left === 0) return 0;
      if (!this.#allowsOffline()) return -Errno.ENOSPC;
      const count = Math.min(left, this.#table.subblocksPerMemoryBlock);
      const rc = this.#plugAndAdd(id, count);
      if (rc !== 0) return rc;
      left -= count;
      if (this.#context.isPauseDue()) yield;
    }
    while (left > 0) {
      if (!this.#allowsOffline() || this.#table.nextId > this.#lastUsableId) return -Errno.ENOSPC;
      const count = Math.min(left, this.#table.subblocksPerMemoryBlock);
      const rc = this.#plugAndAdd(this.#table.prepare(), count);
      if (rc !== 0) return rc;
      left -= count;
      if (this.#context.isPauseDue()) yield;
    }
    return 0;
  }

  *memoryBlocks(): Generator<DriverMemoryBlock> {
    for (let id = this.#table.firstId; id < this.#table.nextId; id++) {
      const state = this.#table.state(id);
      if (state === "unused") continue;
      const zone = this.#context.memory.memoryBlock(id)?.zone;
      yield { id, state, zone, pluggedSize: this.#table.nrPluggedOf(id) * this.#subblockSize };
    }
  }

  // The memory notifier; memory blocks that are not the device's are none of its business.

  goingOnline(id: number, zone: ZoneKind): boolean {
    // Memory in the region that another driver has added must not be used.
    if (!this.#table.has(id)) return !this.covers(id);
    if (this.#isHeld(id)) return false;
    const state = this.#table.state(id);
    if (state === "offline") return true;
    if (state !== "offline-partial") return false;
    return !(this.#context.profile.refusesPartialMovable && zone === "Movable");
  }

  online(id: number, zone: ZoneKind): void {
    if (!this.#table.has(id)) return;
    this.#table.setState(id, this.#stateOnline(id, zone));
    const { memory, profile } = this.#context;
    memory.limit.offlineSize -= this.#memoryBlockSize;
    const isIdle = profile.runsAfterOnline === "at-limit" || !this.#context.isRunning();
    if (isIdle && memory.limit.isWorthARun(this.#nrOffline())) {
      this.#context.queueWork("memory-onlined");
    }
  }

  cancelOnline(): void {
    // Nothing was changed in goingOnline().
  }

  goingOffline(id: number): boolean {
    return !this.#isHeld(id);
  }

  offline(id: number): void {
    if (!this.#table.has(id)) return;
    const state = this.#table.state(id);
    if (state === "kernel" || state === "movable") {
      this.#table.setState(id, "offline");
    } else if (state === "kernel-partial" || state === "movable-partial") {
      this.#table.setState(id, "offline-partial");
    } else {
      throw new Error(`memory block ${id} went offline in state ${state}`);
    }
    const { memory, profile, unplugOnline } = this.#context;
    memory.limit.offlineSize += this.#memoryBlockSize;
    if (profile.runsAfterOffline === "always" || !unplugOnline) {
      this.#context.queueWork("memory-offlined");
    }
  }

  cancelOffline(): void {
    // Nothing was changed in goingOffline().
  }

  pluggedRuns(id: number): [startPfn: number, nrPages: number][] | undefined {
    if (!this.#table.has(id)) return undefined;
    const subblockPages = this.#subblockSize / PAGE_SIZE;
    const firstPfn = (id * this.#memoryBlockSize) / PAGE_SIZE;
    const end = this.#table.subblocksPerMemoryBlock;
    const runs: [number, number][] = [];
    let start = this.#table.next(id, 0, true);
    while (start < end) {
      const stop = this.#table.next(id, start, false);
      runs.push([firstPfn + start * subblockPages, (stop - start) * subblockPages]);
      start = this.#table.next(id, stop, true);
    }
    return runs;
  }

  /** Plugs holes of a partly plugged memory block, one request per run of them (T14, T15). */
  #refill(id: number, wanted: number): number {
    const { link, memory } = this.#context;
    const isOnline = this.#table.state(id) !== "offline-partial";
    let left = wanted;
    while (left > 0) {
      const start = this.#table.next(id, 0, false);
      if (start === this.#table.subblocksPerMemoryBlock) break;
      const count = Math.min(left, this.#table.next(id, start, true) - start);
      const addr = this.#addr(id, start);
      const rc = link.plug(addr, count * this.#subblockSize);
      if (rc !== 0) return rc;
      this.#table.setPlugged(id, start, count, true);
      left -= count;
      if (isOnline) memory.fakeOnline(addr, count * this.#subblockSize);
    }
    if (this.#table.isFull(id)) this.#table.setState(id, fullOf(this.#table.state(id)));
    return 0;
  }

  /** Plugs the lowest `count` subblocks of a memory block and adds it to Linux (T2 to T5). */
  #plugAndAdd(id: number, count: number): number {
    const { link, memory, memmapSubblocks } = this.#context;
    if (count < memmapSubblocks) return -Errno.ENOSPC; // no room for its own struct pages
    const addr = this.#addr(id, 0);
    const rc = link.plug(addr, count * this.#subblockSize);
    if (rc !== 0) return rc;
    this.#table.setPlugged(id, 0, count, true);
    this.#table.setState(id, this.#table.isFull(id) ? "offline" : "offline-partial");
    const added = memory.add(id, 1);
    if (added === 0) return 0;
    if (link.unplug(addr, count * this.#subblockSize) === 0) {
      this.#table.setPlugged(id, 0, count, false);
      this.#table.setState(id, "unused");
    } else {
      this.#table.setState(id, "plugged");
    }
    return added;
  }

  /** Who wants the lock meanwhile would wait in Linux; here it is refused, as nothing can wait. */
  #isHeld(id: number): boolean {
    return this.#table.isHeld(id);
  }

  #allowsOffline(): boolean {
    return this.#context.memory.limit.allows(this.#memoryBlockSize, this.#nrOffline());
  }

  #nrOffline(): number {
    return this.#table.countOf("offline") + this.#table.countOf("offline-partial");
  }

  /** One past the highest memory block that is plugged or known to Linux. */
  #endOfKnown(): number {
    const { memory, link } = this.#context;
    const { addr, blockSize } = link.device;
    let end = this.#table.firstId;
    for (const [start, count] of link.device.pluggedRuns()) {
      end = Math.max(end, Math.ceil((addr + (start + count) * blockSize) / this.#memoryBlockSize));
    }
    for (let id = this.#table.firstId; id < this.#table.firstId + this.#table.capacity; id++) {
      if (memory.memoryBlock(id) !== undefined) end = Math.max(end, id + 1);
    }
    return Math.min(end, this.#table.firstId + this.#table.capacity);
  }

  #adoptState(id: number): void {
    const info = this.#context.memory.memoryBlock(id);
    if (info === undefined) {
      if (this.#table.nrPluggedOf(id) > 0) this.#table.setState(id, "plugged");
      return;
    }
    if (info.state === "online") {
      this.#table.setState(id, this.#stateOnline(id, info.zone));
      return;
    }
    this.#context.memory.limit.offlineSize += this.#memoryBlockSize;
    this.#table.setState(id, this.#table.isFull(id) ? "offline" : "offline-partial");
  }

  #stateOnline(id: number, zone: ZoneKind | undefined): MemoryBlockState {
    if (zone === "Movable" || zone === "PreferMovable") {
      return this.#table.isFull(id) ? "movable" : "movable-partial";
    }
    return this.#table.isFull(id) ? "kernel" : "kernel-partial";
  }

  #addr(id: number, subblock: number): number {
    return id * this.#memoryBlockSize + subblock * this.#subblockSize;
  }
}

function fullOf(state: MemoryBlockState): MemoryBlockState {
  switch (state) {
    case "offline-partial":
      return "offline";
    case "kernel-partial":
      return "kernel";
    case "movable-partial":
      return "movable";
    default:
      return state;
  }
}
