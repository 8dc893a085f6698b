import { formatSize } from "../../units.js";
import type { DeviceFlavour, FailureRule, PlugCheck } from "./flavour.js";
import type { HostMemory } from "./host.js";
import type { BlocksRequest, BlocksState, Response } from "../protocol.js";
import { RunBitmap } from "../run-bitmap.js";
import { assertMultiple } from "../sizes.js";
import { optionError } from "../../input-error.js";

/** Device blocks `[start, start + count)`. */
export type DeviceBlockRun = readonly [start: number, count: number];

/** A request with its address as a double, which is rounded beyond 2^53. */
export interface NumberedRequest extends BlocksRequest {
  readonly addr: number;
}

export interface DeviceBlocksOptions {
  readonly flavour: DeviceFlavour;
  readonly addr: number;
  readonly regionSize: number;
  readonly blockSize: number;
  readonly requestedSize: number;
  readonly usableRegionSize: number;
  readonly plugged: readonly DeviceBlockRun[];
  readonly host: HostMemory;
  /** The usable region has another size now. */
  readonly onUsable: (oldSize: number, newSize: number) => void;
  /** A request was acknowledged that plugs or unplugs. */
  readonly onPlugged: (pluggedSize: number) => void;
}

const ACK: Response = { type: "ACK" };
const BUSY: Response = { type: "BUSY" };
const ERROR: Response = { type: "ERROR" };

const UNPLUG_CHECKS: readonly PlugCheck[] = ["range", "state", "busy"];
const STATE_CHECKS: readonly PlugCheck[] = ["range"];

/**
 * The accounting of the device: a bit for each device block, the three sizes, and what a request
 * does to them (docs/spec/device.md). What differs between devices comes from the flavour.
 *
 * ```text
 *  addr              + pluggedSize in any of these        + usableRegionSize    + regionSize
 *  |--------------------------------------------------------|--------------------|
 *  |  blocks that requests may name, plugged or unplugged    |  never plugged     |
 *  |--------------------------------------------------------|--------------------|
 * ```
 */
export class DeviceBlocks {
  readonly flavour: DeviceFlavour;
  readonly addr: number;
  readonly regionSize: number;
  readonly blockSize: number;
  migrating = false;
  #requestedSize: number;
  #usableRegionSize = 0;
  #pluggedSize = 0;
  readonly #plugged: RunBitmap;
  readonly #host: HostMemory;
  readonly #onUsable: DeviceBlocksOptions["onUsable"];
  readonly #onPlugged: DeviceBlocksOptions["onPlugged"];

  /** @throws RangeError if a size breaks its rule, or plugged runs overlap. */
  constructor(options: DeviceBlocksOptions) {
    const { regionSize, blockSize, requestedSize, usableRegionSize } = options;
    this.flavour = options.flavour;
    this.addr = options.addr;
    this.regionSize = regionSize;
    this.blockSize = blockSize;
    this.#host = options.host;
    this.#onUsable = options.onUsable;
    this.#onPlugged = options.onPlugged;
    assertMultiple("requestedSize", requestedSize, blockSize);
    if (!this.flavour.target.mayExceedAtCreation) this.#assertFits(requestedSize);
    this.#requestedSize = requestedSize;
    this.#plugged = new RunBitmap(regionSize / blockSize);
    const pluggedEnd = this.#plugInitially(options.plugged);
    assertMultiple("usableRegionSize", usableRegionSize, blockSize);
    this.#usableRegionSize = Math.min(
      regionSize,
      Math.max(this.#usableFor(requestedSize), pluggedEnd, usableRegionSize),
    );
  }

  get requestedSize(): number {
    return this.#requestedSize;
  }

  get usableRegionSize(): number {
    return this.#usableRegionSize;
  }

  get pluggedSize(): number {
    return this.#pluggedSize;
  }

  /** Device blocks of the whole region. */
  get nbBlocks(): number {
    return this.#plugged.length;
  }

  /** @throws RangeError if no device takes `size`; nothing has changed then. */
  assertRequestable(size: number): void {
    assertMultiple("requestedSize", size, this.blockSize);
    this.#assertFits(size);
  }

  /** The usable region first: no driver may ever see more requested than usable. */
  setRequestedSize(size: number): void {
    this.#resizeUsable(Math.max(this.#usableRegionSize, this.#usableFor(size)));
    this.#requestedSize = size;
  }

  /** Takes over what a snapshot says; the caller has checked that it fits. */
  load(
    sizes: { usableRegionSize: number; pluggedSize: number; requestedSize: number },
    plugged: readonly DeviceBlockRun[],
  ): void {
    this.#plugged.fill(0, this.nbBlocks, false);
    for (const [start, count] of plugged) this.#plugged.fill(start, count, true);
    this.#usableRegionSize = sizes.usableRegionSize;
    this.#pluggedSize = sizes.pluggedSize;
    this.#requestedSize = sizes.requestedSize;
  }

  /** Is each device block of the run `plugged`? Runs beyond the region are never. */
  isAll(start: number, count: number, plugged: boolean): boolean {
    if (start < 0 || start + count > this.nbBlocks) return false;
    return this.#plugged.isAll(start, count, plugged);
  }

  /** The device blocks that are `plugged`, as runs, ascending and as long as possible. */
  *runs(plugged: boolean): Generator<DeviceBlockRun> {
    const end = this.nbBlocks;
    let start = this.#plugged.next(0, end, plugged);
    while (start < end) {
      const stop = this.#plugged.next(start, end, !plugged);
      yield [start, stop - start];
      start = this.#plugged.next(stop, end, plugged);
    }
  }

  /** Answers a request that names device blocks. */
  handle(request: NumberedRequest): Response {
    const check = this.failedCheck(request);
    if (check !== undefined) return this.#refusal(check);
    switch (request.type) {
      case "PLUG":
        return this.#plug(request);
      case "UNPLUG":
        return this.#unplug(request);
      case "STATE":
        return { type: "ACK", state: this.#stateOf(request) };
    }
  }

  /** The first check that a request fails now; undefined where it passes all. */
  failedCheck(request: NumberedRequest): PlugCheck | undefined {
    return this.#checksOf(request.type).find((check) => !this.#passes(check, request));
  }

  #checksOf(type: BlocksRequest["type"]): readonly PlugCheck[] {
    switch (type) {
      case "PLUG":
        return this.flavour.plugChecks;
      case "UNPLUG":
        return UNPLUG_CHECKS;
      case "STATE":
        return STATE_CHECKS;
    }
  }

  #passes(check: PlugCheck, request: NumberedRequest): boolean {
    switch (check) {
      case "range":
        return this.#isValidRange(request);
      case "size":
        return this.pluggedSize + request.nbBlocks * this.blockSize <= this.#requestedSize;
      case "state":
        return this.isAll(this.#indexOf(request), request.nbBlocks, request.type === "UNPLUG");
      case "busy":
        return !(this.migrating && this.flavour.busyWhileMigrating);
    }
  }

  #refusal(check: PlugCheck): Response {
    switch (check) {
      case "range":
      case "state":
        return ERROR;
      case "size":
        return { type: this.flavour.answerTooLarge };
      case "busy":
        return BUSY;
    }
  }

  #plug(request: NumberedRequest): Response {
    const { nbBlocks } = request;
    const start = this.#indexOf(request);
    const { plugFailure } = this.flavour;
    const isPopulated = this.#host.populate(start, nbBlocks, plugFailure.leaves === "nothing");
    if (!isPopulated) return this.#fail(plugFailure, start, nbBlocks, true);
    this.#apply(start, nbBlocks, true);
    return ACK;
  }

  #unplug(request: NumberedRequest): Response {
    const { nbBlocks } = request;
    const start = this.#indexOf(request);
    const { discardFailure, unmapFailure } = this.flavour;
    if (!this.#host.discard(start, nbBlocks) && discardFailure !== "ACK") {
      return { type: discardFailure };
    }
    if (!this.#host.unmap(start, nbBlocks) && unmapFailure !== undefined) {
      return this.#fail(unmapFailure, start, nbBlocks, false);
    }
    this.#apply(start, nbBlocks, false);
    return ACK;
  }

  /** Unplugs everything, for a request or for a reset of the machine. */
  unplugAll(): Response {
    const { unplugAll, busyWhileMigrating } = this.flavour;
    const runs = [...this.runs(true)];
    const hasPlugged = runs.length > 0 || this.#pluggedSize > 0;
    if (hasPlugged && this.migrating && busyWhileMigrating) return BUSY;
    if (hasPlugged || unplugAll.discardsUnplugged) {
      if (!this.#host.discard(0, this.nbBlocks)) return { type: unplugAll.failure };
    }
    if (hasPlugged) {
      for (const [start, count] of runs) this.#host.unmap(start, count);
      const cleared = unplugAll.clears === "all" ? this.nbBlocks : this.nbBlocks % 2 ** 16;
      this.#plugged.fill(0, cleared, false);
      this.#setPluggedSize(0);
    }
    if (unplugAll.usable === "recomputed") {
      this.#resizeUsable(this.#usableFor(this.#requestedSize));
    } else if (unplugAll.usable === "nothing") {
      this.#resizeUsable(0);
    }
    return ACK;
  }

  /** What a failed request leaves behind in a flavour that does not take it back. */
  #fail(rule: FailureRule, start: number, count: number, plugged: boolean): Response {
    if (rule.leaves !== "nothing") this.#plugged.fill(start, count, plugged);
    if (rule.leaves === "blocks-and-size") {
      this.#pluggedSize += (plugged ? count : -count) * this.blockSize;
    }
    return { type: rule.answer };
  }

  #apply(start: number, count: number, plugged: boolean): void {
    this.#plugged.fill(start, count, plugged);
    const change = (plugged ? count : -count) * this.blockSize;
    // Less than 0 only after a failure that left blocks behind without counting them.
    this.#setPluggedSize(Math.max(0, this.#pluggedSize + change));
  }

  #setPluggedSize(size: number): void {
    this.#pluggedSize = size;
    this.#onPlugged(size);
  }

  #stateOf(request: NumberedRequest): BlocksState {
    const start = this.#indexOf(request);
    if (this.isAll(start, request.nbBlocks, true)) return "PLUGGED";
    return this.isAll(start, request.nbBlocks, false) ? "UNPLUGGED" : "MIXED";
  }

  /**
   * Inside the *usable* region, for every request that names blocks (docs/spec/device.md, "Valid
   * ranges").
   *
   * Doubles are enough: the region ends below 2^53, so an address that they round lies outside of
   * it before and after, and there is no wrap-around.
   */
  #isValidRange({ addr, nbBlocks }: NumberedRequest): boolean {
    return (
      nbBlocks > 0 &&
      addr % this.blockSize === 0 &&
      addr >= this.addr &&
      addr + nbBlocks * this.blockSize <= this.addr + this.#usableRegionSize
    );
  }

  #indexOf({ addr }: NumberedRequest): number {
    return (addr - this.addr) / this.blockSize;
  }

  /** How much has to be usable where `requestedSize` is requested. */
  #usableFor(requestedSize: number): number {
    const rule = this.flavour.usableRegion;
    switch (rule.kind) {
      case "region":
        return this.regionSize;
      case "extent":
        if (requestedSize === 0) return 0;
        return this.#roundedUsable(requestedSize + rule.extentSize, this.blockSize);
      case "slots":
        if (requestedSize <= this.#usableRegionSize) return this.#usableRegionSize;
        return this.#roundedUsable(requestedSize, Math.max(rule.slotSize, this.blockSize));
    }
  }

  #roundedUsable(size: number, step: number): number {
    return Math.min(this.regionSize, Math.ceil(size / step) * step);
  }

  #resizeUsable(size: number): void {
    const oldSize = this.#usableRegionSize;
    if (size === oldSize) return;
    this.#usableRegionSize = size;
    this.#onUsable(oldSize, size);
  }

  #assertFits(requestedSize: number): void {
    if (requestedSize > this.regionSize) {
      throw optionError(
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
        throw optionError(
          `plugged must name free device blocks of 0 to ${this.nbBlocks}, ` +
            `got ${count} from ${start} on`,
        );
      }
      this.#plugged.fill(start, count, true);
      this.#pluggedSize += count * this.blockSize;
      end = Math.max(end, (start + count) * this.blockSize);
    }
    return end;
  }
}
