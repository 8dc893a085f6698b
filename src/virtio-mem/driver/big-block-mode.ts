import type { ZoneKind } from "../../core/zone-kind.js";
import { Errno } from "../../errno.js";
import { SECTION_SIZE } from "../../linux/memmap.js";
import type { BigBlockState } from "../big-block-state.js";
import type { DriverContext, DriverMemoryBlock, DriverMode, DriverModeState } from "./mode.js";
import type { PausingWork } from "../../pausing-work.js";
import { PAGE_SIZE } from "../../units.js";
import { optionError } from "../../input-error.js";

/**
 * Big-block mode: one or more memory blocks are plugged, added, removed and unplugged as a whole
 * (docs/spec/driver.md).
 *
 * ```text
 *           PLUG, add
 *  unused ------------> added <------------> fake-offline
 *    ^ |                      unplug, undo        |
 *    | +-> plugged <------------------------------+  removed, UNPLUG refused
 *    |        |                                   |
 *    +--------+-----------------------------------+  removed, unplugged
 * ```
 */
export class BigBlockMode implements DriverMode {
  /** A big block has no empty memory blocks: it goes as a whole. */
  readonly hasEmptyMemoryBlock = false;
  readonly #context: DriverContext;
  readonly #bigBlockSize: number;
  readonly #memoryBlockSize: number;
  readonly #firstId: number;
  readonly #capacity: number;
  readonly #states: BigBlockState[] = [];
  #lastUsableId = -1;

  constructor(context: DriverContext, bigBlockSize: number) {
    const { addr, regionSize } = context.link.device;
    this.#context = context;
    this.#bigBlockSize = bigBlockSize;
    this.#memoryBlockSize = context.geometry.memoryBlockSize;
    this.#firstId = Math.ceil(addr / bigBlockSize);
    this.#capacity = Math.max(0, Math.floor((addr + regionSize) / bigBlockSize) - this.#firstId);
    this.refresh();
  }

  adopt(): void {
    const { device } = this.#context.link;
    const deviceBlocks = this.#bigBlockSize / device.blockSize;
    let pluggedSize = 0;
    let end = 0;
    for (let i = 0; i < this.#capacity; i++) {
      const id = this.#firstId + i;
      const start = (id * this.#bigBlockSize - device.addr) / device.blockSize;
      if (!device.isAll(start, deviceBlocks, true)) continue;
      while (end <= i) this.#prepare(this.#firstId + end++);
      pluggedSize += this.#bigBlockSize;
      this.#setState(id, this.#isAdded(id) ? "added" : "plugged");
    }
    if (pluggedSize !== device.pluggedSize) {
      throw optionError(
        `plugged must hold whole big blocks (${deviceBlocks} device blocks), ` +
          `got ${device.pluggedSize - pluggedSize} bytes outside of them`,
      );
    }
  }

  save(): DriverModeState {
    return { mode: "big-block", states: [...this.#states], lastUsableId: this.#lastUsableId };
  }

  load(state: DriverModeState): void {
    if (state.mode !== "big-block") throw new Error(`big-block mode cannot go on as ${state.mode}`);
    this.#states.push(...state.states);
    this.#lastUsableId = state.lastUsableId;
  }

  covers(id: number): boolean {
    const index = Math.floor(id / this.#nrMemoryBlocks) - this.#firstId;
    return index >= 0 && index < this.#capacity;
  }

  refresh(): void {
    const { device, usableRegionSize } = this.#context.link;
    this.#lastUsableId = Math.floor((device.addr + usableRegionSize) / this.#bigBlockSize) - 1;
  }

  *cleanUp(): PausingWork<number> {
    for (const id of this.#ids("plugged")) {
      const rc = this.#context.link.unplug(id * this.#bigBlockSize, this.#bigBlockSize);
      if (rc !== 0) return rc;
      this.#setState(id, "unused");
      if (this.#context.isPauseDue()) yield;
    }
    return 0;
  }

  /** Takes removed and never used big blocks, ascending. A failure ends it. */
  *plug(size: number): PausingWork<number> {
    let left = Math.floor(size / this.#bigBlockSize);
    for (const id of this.#ids("unused")) {
      if (left === 0) return 0;
      if (!this.#allowsOffline()) return -Errno.ENOSPC;
      const rc = this.#plugAndAdd(id);
      if (rc !== 0) return rc;
      left--;
      if (this.#context.isPauseDue()) yield;
    }
    for (; left > 0; left--) {
      const id = this.#firstId + this.#states.length;
      if (!this.#allowsOffline() || id > this.#lastUsableId) return -Errno.ENOSPC;
      this.#prepare(id);
      const rc = this.#plugAndAdd(id);
      if (rc !== 0) return rc;
      if (this.#context.isPauseDue()) yield;
    }
    return 0;
  }

  /**
   * Goes through the added big blocks downwards, once per pass of the version: the offline ones,
   * those without online memory in a kernel zone, all.
   */
  *unplug(size: number): PausingWork<number> {
    let left = Math.floor(size / this.#bigBlockSize);
    if (left === 0) return 0;
    const isWanted = {
      offline: (id: number) => this.#hasOnly(id, () => false),
      movable: (id: number) => this.#hasOnly(id, (zone) => zone === "Movable"),
      all: () => true,
    };
    const { bigBlockPasses, takesOfflineBigBlocks } = this.#context.profile;
    for (const pass of bigBlockPasses) {
      for (const id of this.#ids("added").reverse()) {
        if (!isWanted[pass](id)) continue;
        const takes = pass !== "offline" || takesOfflineBigBlocks;
        const rc = yield* this.#unplugBigBlock(id, takes && this.#context.safeBigBlockUnplug);
        if (rc === 0) left--;
        else if (rc !== -Errno.EBUSY) return rc;
        if (left === 0) return 0;
        if (this.#context.isPauseDue()) yield;
      }
      if (pass === "offline" && !this.#context.unplugOnline) return 0;
    }
    return -Errno.EBUSY;
  }

  removeOfflinePartial(): void {
    // A big block is wholly plugged.
  }

  *memoryBlocks(): Generator<DriverMemoryBlock> {
    for (const [index, bigBlock] of this.#states.entries()) {
      if (bigBlock === "unused") continue;
      for (const id of this.#memoryBlockIds(this.#firstId + index)) {
        const info = this.#context.memory.memoryBlock(id);
        const zone = info?.zone;
        const online = zone === "Movable" ? "movable" : "kernel";
        const known = info?.state === "online" ? online : "offline";
        const state = info === undefined ? "plugged" : known;
        yield { id, state, zone, pluggedSize: this.#memoryBlockSize, bigBlock };
      }
    }
  }

  // The memory notifier.

  goingOnline(): boolean {
    return true;
  }

  online(id: number): void {
    if (this.#stateOfMemoryBlock(id) === undefined) return;
    const { memory } = this.#context;
    memory.limit.offlineSize -= this.#memoryBlockSize;
    if (!this.#context.isRunning() && memory.limit.isWorthARun(0)) {
      this.#context.queueWork("memory-onlined");
    }
  }

  cancelOnline(): void {
    // Nothing was changed in goingOnline().
  }

  goingOffline(): boolean {
    return true;
  }

  offline(id: number): void {
    if (this.#stateOfMemoryBlock(id) === undefined) return;
    this.#context.memory.limit.offlineSize += this.#memoryBlockSize;
    if (!this.#context.unplugOnline) this.#context.queueWork("memory-offlined");
  }

  cancelOffline(): void {
    // Nothing was changed in goingOffline().
  }

  pluggedRuns(id: number): (readonly [startPfn: number, nrPages: number])[] | undefined {
    const state = this.#stateOfMemoryBlock(id);
    if (state === undefined) return undefined;
    if (state === "fake-offline") return [];
    return [[(id * this.#memoryBlockSize) / PAGE_SIZE, this.#memoryBlockSize / PAGE_SIZE]];
  }

  #plugAndAdd(id: number): number {
    const { link, memory } = this.#context;
    const addr = id * this.#bigBlockSize;
    const rc = link.plug(addr, this.#bigBlockSize);
    if (rc !== 0) return rc;
    this.#setState(id, "added");
    const added = memory.add(addr / this.#memoryBlockSize, this.#nrMemoryBlocks);
    if (added === 0) return 0;
    const isUnplugged = link.unplug(addr, this.#bigBlockSize) === 0;
    this.#setState(id, isUnplugged ? "unused" : "plugged");
    return added;
  }

  /**
   * Takes the pages of a big block, removes it from Linux and unplugs it. A failure up to the
   * removal leaves it added, with all pages given back.
   *
   * @param takesPages - else it is offlined and removed without further ado.
   * @returns 0, -EBUSY if memory is busy, or the errno that ends the run.
   */
  *#unplugBigBlock(id: number, takesPages: boolean): PausingWork<number> {
    const { link, memory } = this.#context;
    const addr = id * this.#bigBlockSize;
    if (takesPages) {
      this.#setState(id, "fake-offline");
      const taken = yield* this.#takeSections(addr);
      if (taken !== 0) return this.#undo(id, taken);
    }
    const removed = memory.remove(addr / this.#memoryBlockSize, this.#nrMemoryBlocks);
    if (removed !== 0) {
      if (!takesPages) return removed;
      for (const section of this.#onlineSections(addr)) memory.fakeOnline(section, SECTION_SIZE);
      return this.#undo(id, removed);
    }
    const rc = link.unplug(addr, this.#bigBlockSize);
    this.#setState(id, rc === 0 ? "unused" : "plugged");
    return rc;
  }

  /**
   * Takes the online sections, the unit in which pages of a big block are taken, ascending; all or
   * none.
   */
  *#takeSections(addr: number): PausingWork<number> {
    const { link, memory, profile, policy } = this.#context;
    const isStale = (): boolean => profile.checksConfigBeforeAttempt && link.configChanged;
    const taken: number[] = [];
    for (const section of this.#onlineSections(addr)) {
      const zone = memory.memoryBlock(Math.floor(section / this.#memoryBlockSize))?.zone;
      const { kernel, movable } = policy.attempts;
      const rc = yield* memory.fakeOffline(
        section,
        SECTION_SIZE,
        zone === "Movable" ? movable : kernel,
        isStale,
      );
      if (rc !== 0) {
        for (const done of taken) memory.fakeOnline(done, SECTION_SIZE);
        return rc;
      }
      taken.push(section);
      if (this.#context.isPauseDue()) yield;
    }
    return 0;
  }

  #undo(id: number, rc: number): number {
    this.#setState(id, "added");
    return rc;
  }

  #onlineSections(addr: number): number[] {
    const sections: number[] = [];
    for (let at = addr; at < addr + this.#bigBlockSize; at += SECTION_SIZE) {
      const memoryBlock = this.#context.memory.memoryBlock(Math.floor(at / this.#memoryBlockSize));
      if (memoryBlock?.state === "online") sections.push(at);
    }
    return sections;
  }

  /** Is each online memory block of the big block in a zone that passes? */
  #hasOnly(id: number, passes: (zone: ZoneKind | undefined) => boolean): boolean {
    return this.#memoryBlockIds(id).every((memoryBlockId) => {
      const info = this.#context.memory.memoryBlock(memoryBlockId);
      return info?.state !== "online" || passes(info.zone);
    });
  }

  #isAdded(id: number): boolean {
    const infos = this.#memoryBlockIds(id).map((at) => this.#context.memory.memoryBlock(at));
    for (const info of infos) {
      if (info?.state === "offline") {
        this.#context.memory.limit.offlineSize += this.#memoryBlockSize;
      }
    }
    return infos.every((info) => info !== undefined);
  }

  #allowsOffline(): boolean {
    return this.#context.memory.limit.allows(this.#bigBlockSize, 0);
  }

  get #nrMemoryBlocks(): number {
    return this.#bigBlockSize / this.#memoryBlockSize;
  }

  #memoryBlockIds(id: number): number[] {
    const first = id * this.#nrMemoryBlocks;
    return Array.from({ length: this.#nrMemoryBlocks }, (_, i) => first + i);
  }

  #stateOfMemoryBlock(id: number): BigBlockState | undefined {
    return this.#states[Math.floor(id / this.#nrMemoryBlocks) - this.#firstId];
  }

  /** Ids of the big blocks that are in a state now, ascending. */
  #ids(state: BigBlockState): number[] {
    const ids: number[] = [];
    for (const [index, current] of this.#states.entries()) {
      if (current === state) ids.push(this.#firstId + index);
    }
    return ids;
  }

  #prepare(id: number): void {
    this.#states.push("unused");
    this.#record(id, undefined, "unused");
  }

  /** The one place where a state changes. */
  #setState(id: number, to: BigBlockState): void {
    const index = id - this.#firstId;
    const from = this.#states[index];
    if (from === to) return;
    this.#states[index] = to;
    this.#record(id, from, to);
  }

  #record(id: number, from: BigBlockState | undefined, to: BigBlockState): void {
    const { log } = this.#context;
    log.add({ type: "big-block-state", atNs: log.clock.nowNs, id, from, to });
  }
}
