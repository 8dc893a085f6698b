import type { EventLog } from "../event-log.js";
import { formatSize } from "../units.js";
import { QEMU_FLAVOUR, type DeviceFlavour, type PlugCheck } from "./device-flavour.js";
import {
  MAX_NB_BLOCKS,
  type BlocksRequest,
  type BlocksState,
  type DeviceConfig,
  type Request,
  type Response,
} from "./protocol.js";
import { RunBitmap } from "./run-bitmap.js";
import { assertMultiple, assertPowerOfTwo } from "./sizes.js";

const MiB = 1024 * 1024;

/** Device blocks `[start, start + count)`. */
export type DeviceBlockRun = readonly [start: number, count: number];

export interface VirtioMemDeviceOptions {
  /** Guest physical start of the region, a multiple of `blockSize`. */
  readonly addr: number;
  /** Bytes of the region, a multiple of `blockSize`; 0 is allowed. */
  readonly regionSize: number;
  /** Bytes of a device block, a power of two of at least 1 MiB. Default: 2 MiB. */
  readonly blockSize?: number;
  /** Bytes that the guest shall have from the start, a multiple of `blockSize`. Default: 0. */
  readonly requestedSize?: number;
  /**
   * Device blocks that are plugged already, for a guest met in the middle of its life. They count
   * as usable whatever `requestedSize` says. Default: none.
   */
  readonly plugged?: readonly DeviceBlockRun[];
  /** Usable bytes, where a guest met in its life has more than its requested size gives. */
  readonly usableRegionSize?: number;
  /** ACPI proximity domain. Default: none. */
  readonly nodeId?: number;
  /** Default: QEMU on x86. */
  readonly flavour?: DeviceFlavour;
  /** Where requests and answers are written down. Default: nowhere. */
  readonly log?: EventLog;
}

const ACK: Response = { type: "ACK" };
const BUSY: Response = { type: "BUSY" };
const ERROR: Response = { type: "ERROR" };

/**
 * The virtio-mem device: which device blocks are plugged, and what the host wants plugged.
 *
 * It decides nothing about which blocks: the driver asks, the device accepts or refuses. Every
 * request is all or nothing; whatever is not acknowledged has changed nothing (device.md sections
 * 4 to 6).
 */
export class VirtioMemDevice {
  readonly addr: number;
  readonly regionSize: number;
  readonly blockSize: number;
  readonly nodeId: number | undefined;
  readonly flavour: DeviceFlavour;
  /** A migration of the guest is running: nothing is plugged or unplugged meanwhile. */
  migrating = false;

  #requestedSize: number;
  #usableRegionSize = 0;
  #pluggedBlocks = 0;
  readonly #plugged: RunBitmap;
  readonly #listeners = new Set<() => void>();
  readonly #log: EventLog | undefined;

  /** @throws RangeError if an option breaks its rule above, or plugged runs overlap. */
  constructor(options: VirtioMemDeviceOptions) {
    const { addr, regionSize, blockSize = 2 * MiB, requestedSize = 0 } = options;
    assertPowerOfTwo("blockSize", blockSize, MiB);
    assertMultiple("addr", addr, blockSize);
    assertMultiple("regionSize", regionSize, blockSize);
    assertMultiple("requestedSize", requestedSize, blockSize);
    this.addr = addr;
    this.regionSize = regionSize;
    this.blockSize = blockSize;
    this.nodeId = options.nodeId;
    this.flavour = options.flavour ?? QEMU_FLAVOUR;
    this.#log = options.log;
    this.#assertFits(requestedSize);
    this.#requestedSize = requestedSize;
    this.#plugged = new RunBitmap(regionSize / blockSize);
    const pluggedEnd = this.#plugInitially(options.plugged ?? []);
    const usable = options.usableRegionSize ?? 0;
    assertMultiple("usableRegionSize", usable, blockSize);
    this.#usableRegionSize = Math.min(
      regionSize,
      Math.max(this.#usableFor(requestedSize), pluggedEnd, usable),
    );
  }

  get requestedSize(): number {
    return this.#requestedSize;
  }

  get usableRegionSize(): number {
    return this.#usableRegionSize;
  }

  get pluggedSize(): number {
    return this.#pluggedBlocks * this.blockSize;
  }

  /** Device blocks of the whole region. */
  get nbBlocks(): number {
    return this.#plugged.length;
  }

  /** All fields that a driver can read, as they are now. */
  get config(): DeviceConfig {
    return {
      blockSize: this.blockSize,
      nodeId: this.nodeId,
      addr: this.addr,
      regionSize: this.regionSize,
      usableRegionSize: this.#usableRegionSize,
      pluggedSize: this.pluggedSize,
      requestedSize: this.#requestedSize,
    };
  }

  /**
   * Asks the guest to grow or shrink to `size`, and tells the driver.
   *
   * Only records the wish. Nothing is plugged before the driver runs, and a shrink may stay
   * incomplete while pages are busy.
   *
   * @param size - a multiple of {@link blockSize}, at most {@link regionSize}.
   * @throws RangeError if `size` is not; the old wish then stands.
   */
  requestSize(size: number): void {
    assertMultiple("requestedSize", size, this.blockSize);
    this.#assertFits(size);
    // The usable region first: no driver may ever see more requested than usable.
    this.#resizeUsable(Math.max(this.#usableRegionSize, this.#usableFor(size)));
    this.#requestedSize = size;
    this.#log?.add({ type: "requested-size", atNs: this.#nowNs(), size });
    for (const listener of this.#listeners) listener();
  }

  /**
   * Calls `listener` whenever the host has set a requested size, also one equal to the old.
   *
   * @returns the function that ends it.
   */
  onConfigChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /**
   * Answers a request of the driver.
   *
   * @throws RangeError if `nbBlocks` is not a whole number of 16 bits.
   */
  handle(request: Request): Response {
    if (request.type === "UNPLUG_ALL") {
      const response = this.#unplugAll();
      this.#record("UNPLUG_ALL", 0, 0, response);
      return response;
    }
    const { type, addr, nbBlocks } = request;
    if (!Number.isInteger(nbBlocks) || nbBlocks < 0 || nbBlocks > MAX_NB_BLOCKS) {
      throw new RangeError(
        `nbBlocks must be a whole number from 0 to ${MAX_NB_BLOCKS}, got ${nbBlocks}`,
      );
    }
    const response = this.#handleBlocks(request);
    this.#record(type, addr - this.addr, nbBlocks, response);
    return response;
  }

  /** Unplugs everything as a reboot of the machine does; while migrating it changes nothing. */
  systemReset(): void {
    this.#unplugAll();
  }

  /** Is each device block of the run `plugged`? Runs beyond the region are never. */
  isAll(start: number, count: number, plugged: boolean): boolean {
    if (start < 0 || start + count > this.nbBlocks) return false;
    return this.#plugged.isAll(start, count, plugged);
  }

  /** The plugged device blocks as runs, ascending and as long as possible. */
  *pluggedRuns(): Generator<DeviceBlockRun> {
    const end = this.nbBlocks;
    let start = this.#plugged.next(0, end, true);
    while (start < end) {
      const stop = this.#plugged.next(start, end, false);
      yield [start, stop - start];
      start = this.#plugged.next(stop, end, true);
    }
  }

  #handleBlocks(request: BlocksRequest): Response {
    switch (request.type) {
      case "PLUG":
        return this.#plug(request);
      case "UNPLUG":
        return this.#unplug(request);
      case "STATE":
        return this.#isValidRange(request) ? { type: "ACK", state: this.#stateOf(request) } : ERROR;
    }
  }

  #plug(request: BlocksRequest): Response {
    for (const check of this.flavour.plugChecks) {
      const refusal = this.#refusal(check, request);
      if (refusal !== undefined) return refusal;
    }
    this.#plugged.fill(this.#indexOf(request), request.nbBlocks, true);
    this.#pluggedBlocks += request.nbBlocks;
    return ACK;
  }

  /** The answer to a PLUG that fails `check`; undefined where it passes. */
  #refusal(check: PlugCheck, request: BlocksRequest): Response | undefined {
    switch (check) {
      case "range":
        return this.#isValidRange(request) ? undefined : ERROR;
      case "size": {
        const size = this.pluggedSize + request.nbBlocks * this.blockSize;
        return size > this.#requestedSize ? { type: this.flavour.answerTooLarge } : undefined;
      }
      case "state":
        return this.isAll(this.#indexOf(request), request.nbBlocks, false) ? undefined : ERROR;
      case "busy":
        return this.migrating ? BUSY : undefined;
    }
  }

  #unplug(request: BlocksRequest): Response {
    if (!this.#isValidRange(request)) return ERROR;
    const start = this.#indexOf(request);
    if (!this.isAll(start, request.nbBlocks, true)) return ERROR;
    if (this.migrating) return BUSY;
    this.#plugged.fill(start, request.nbBlocks, false);
    this.#pluggedBlocks -= request.nbBlocks;
    return ACK;
  }

  #unplugAll(): Response {
    if (this.#pluggedBlocks > 0) {
      if (this.migrating) return BUSY;
      this.#plugged.fill(0, this.nbBlocks, false);
      this.#pluggedBlocks = 0;
    }
    if (this.flavour.unplugAllShrinksUsable) {
      this.#resizeUsable(this.#usableFor(this.#requestedSize));
    }
    return ACK;
  }

  #stateOf(request: BlocksRequest): BlocksState {
    const start = this.#indexOf(request);
    if (this.isAll(start, request.nbBlocks, true)) return "PLUGGED";
    return this.isAll(start, request.nbBlocks, false) ? "UNPLUGGED" : "MIXED";
  }

  /** Inside the *usable* region, for every request that names blocks (device.md section 4.4). */
  #isValidRange({ addr, nbBlocks }: BlocksRequest): boolean {
    return (
      nbBlocks > 0 &&
      addr % this.blockSize === 0 &&
      addr >= this.addr &&
      addr + nbBlocks * this.blockSize <= this.addr + this.#usableRegionSize
    );
  }

  #indexOf({ addr }: BlocksRequest): number {
    return (addr - this.addr) / this.blockSize;
  }

  #usableFor(requestedSize: number): number {
    if (requestedSize === 0) return 0;
    const wanted = requestedSize + this.flavour.usableRegion.extentSize;
    return Math.min(this.regionSize, Math.ceil(wanted / this.blockSize) * this.blockSize);
  }

  #resizeUsable(size: number): void {
    const oldSize = this.#usableRegionSize;
    if (size === oldSize) return;
    this.#usableRegionSize = size;
    this.#log?.add({ type: "usable-region", atNs: this.#nowNs(), oldSize, newSize: size });
  }

  #assertFits(requestedSize: number): void {
    if (requestedSize > this.regionSize) {
      throw new RangeError(
        `requestedSize must be at most regionSize (${formatSize(this.regionSize)}), ` +
          `got ${formatSize(requestedSize)}`,
      );
    }
  }

  /** Returns the end of the last run, in bytes from the region start. */
  #plugInitially(runs: readonly DeviceBlockRun[]): number {
    let end = 0;
    for (const [start, count] of runs) {
      if (!Number.isInteger(count) || count < 1 || !this.isAll(start, count, false)) {
        throw new RangeError(
          `plugged must name free device blocks of 0 to ${this.nbBlocks}, ` +
            `got ${count} from ${start} on`,
        );
      }
      this.#plugged.fill(start, count, true);
      this.#pluggedBlocks += count;
      end = Math.max(end, (start + count) * this.blockSize);
    }
    return end;
  }

  #record(
    request: Request["type"],
    offset: number,
    nbBlocks: number,
    { type: response }: Response,
  ): void {
    const atNs = this.#nowNs();
    this.#log?.add({ type: "request", atNs, request, offset, nbBlocks, response });
  }

  #nowNs(): number {
    return this.#log?.clock.nowNs ?? 0;
  }
}
