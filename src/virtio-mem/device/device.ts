import { ListenerFailures } from "../../listener-failures.js";
import { KernelError } from "../../core/kernel-error.js";
import type { Log } from "../../log/event-log.js";
import { formatSize, MiB } from "../../units.js";
import {
  deviceFlavour,
  QEMU_FLAVOUR,
  type DeviceFlavour,
  type MalformedRule,
  type PlugCheck,
} from "./flavour.js";
import { assertGeometry } from "./geometry.js";
import {
  assertDeviceOptions,
  assertFlavour,
  assertListener,
  assertMemoryListener,
  assertRequest,
  assertRequestBytes,
  assertWhole,
} from "./option-rules.js";
import { hasFeature, isUsableWith, offeredFeatures } from "./features.js";
import { DeviceBlocks, type DeviceBlockRun } from "./blocks.js";
import { HostMemory, type MemoryListener } from "./host.js";
import { malformedOutcome } from "./malformed.js";
import type { VirtioMemDeviceOptions } from "./options.js";
import { assertLoadable, type DeviceSnapshot } from "./snapshot.js";
import type { DeviceHealth } from "../protocol.js";
import {
  featureBits,
  MAX_NB_BLOCKS,
  type Answer,
  type DeviceConfig,
  type FeatureName,
  type Request,
  type Response,
} from "../protocol.js";
import {
  CONFIG_SIZE,
  decodeWireRequest,
  encodeConfig,
  encodeResponse,
  joinRequest,
  REQUEST_SIZE,
  RESPONSE_SIZE,
  toRequest,
  type WireRequest,
} from "../wire.js";
import { optionError, optionTypeError, shown } from "../../input-error.js";

export type { DeviceBlockRun, VirtioMemDeviceOptions };

/** As much of the config space as a driver may ask for at once; what is beyond reads as ones. */
const MOST_CONFIG_BYTES = 2 ** 20;

/** What the host is doing with a device. */
export interface DeviceHostState {
  readonly migrating: boolean;
  readonly isBeingRemoved: boolean;
  /** What the host does not offer of the flavour's features. */
  readonly withoutFeatures: readonly FeatureName[];
}

const NO_ANSWER: Answer = { type: "none" };

/**
 * The virtio-mem device: which device blocks are plugged, and what the host wants plugged.
 *
 * It decides nothing about which blocks: the driver asks, the device accepts or refuses. Every
 * request is all or nothing; whatever is not acknowledged has changed nothing
 * (docs/spec/device.md), but for the defects of real devices that a flavour has on purpose.
 *
 * A new device has a driver that accepted all features; see {@link deviceReset} and
 * {@link activate}.
 *
 * @example
 * ```js
 * import { VirtioMemDevice } from "virtio-mem-engine/device";
 *
 * const device = new VirtioMemDevice({ addr: 2 ** 32, regionSize: 2 ** 30 });
 * device.requestSize(2 ** 28);
 * const { type } = device.handle({ type: "PLUG", addr: 2 ** 32, nbBlocks: 1 });
 * console.log(type); // ACK
 * console.log(device.pluggedSize); // 2097152
 * ```
 */
export class VirtioMemDevice {
  /** Guest physical start of the region in bytes. */
  readonly addr: number;
  /** Bytes of the device region. */
  readonly regionSize: number;
  /** Bytes of a device block. */
  readonly blockSize: number;
  /** ACPI proximity domain, where the device belongs to one. */
  readonly nodeId: number | undefined;
  /** Whose device it is. */
  readonly flavour: DeviceFlavour;
  /** Feature bits that are offered. */
  readonly offeredFeatures: bigint;

  #acceptedFeatures: bigint | undefined;
  #health: DeviceHealth = "working";
  #isBeingRemoved = false;
  readonly #blocks: DeviceBlocks;
  readonly #host: HostMemory;
  /** What listeners of sizes have thrown; see {@link ListenerFailures}. */
  readonly listenerFailures = new ListenerFailures();
  readonly #configListeners = new Set<() => void>();
  readonly #sizeListeners = new Set<(pluggedSize: number) => void>();
  readonly #log: Log | undefined;

  /**
   * A device with a driver that accepted all features.
   *
   * @param options - Place, sizes, flavour and host; see {@link VirtioMemDeviceOptions} for each
   *   rule.
   * @throws RangeError if an option breaks its rule above, or plugged runs overlap.
   */
  constructor(options: VirtioMemDeviceOptions) {
    assertDeviceOptions(options);
    const { addr, regionSize, blockSize = 2 * MiB, requestedSize = 0, nodeId } = options;
    const { flavour = QEMU_FLAVOUR } = options;
    this.flavour = typeof flavour === "string" ? deviceFlavour(flavour) : flavour;
    assertFlavour(this.flavour);
    assertGeometry(this.flavour, addr, regionSize, blockSize, nodeId);
    this.addr = addr;
    this.regionSize = regionSize;
    this.blockSize = blockSize;
    this.nodeId = nodeId;
    this.offeredFeatures = offeredFeatures(
      this.flavour,
      nodeId !== undefined,
      options.withoutFeatures ?? [],
    );
    this.#acceptedFeatures = this.offeredFeatures;
    this.#host = new HostMemory(options.host ?? {});
    this.#log = options.log;
    this.#blocks = new DeviceBlocks({
      flavour: this.flavour,
      addr,
      regionSize,
      blockSize,
      requestedSize,
      usableRegionSize: options.usableRegionSize ?? 0,
      plugged: options.plugged ?? [],
      host: this.#host,
      onUsable: (oldSize, newSize) => {
        this.#log?.add({ type: "usable-region", atNs: this.#nowNs(), oldSize, newSize });
      },
      onPlugged: (pluggedSize) => {
        for (const listener of this.#sizeListeners) {
          this.listenerFailures.call(() => {
            listener(pluggedSize);
          });
        }
      },
    });
  }

  /**
   * A migration of the guest is running: nothing is plugged or unplugged meanwhile. The host sets
   * it.
   */
  get migrating(): boolean {
    return this.#blocks.migrating;
  }

  /**
   * Tells the device that a migration begins or ends.
   *
   * @param migrating - Is one running?
   */
  set migrating(migrating: boolean) {
    this.#blocks.migrating = migrating;
  }

  /** Bytes that the host requests. */
  get requestedSize(): number {
    return this.#blocks.requestedSize;
  }

  /** Bytes of the region in which requests are taken. */
  get usableRegionSize(): number {
    return this.#blocks.usableRegionSize;
  }

  /** Bytes that are plugged. */
  get pluggedSize(): number {
    return this.#blocks.pluggedSize;
  }

  /** Device blocks of the whole region. */
  get nbBlocks(): number {
    return this.#blocks.nbBlocks;
  }

  /** All fields that a driver can read, as they are now. */
  get config(): DeviceConfig {
    return {
      blockSize: this.blockSize,
      nodeId: this.nodeId,
      addr: this.addr,
      regionSize: this.regionSize,
      usableRegionSize: this.usableRegionSize,
      pluggedSize: this.pluggedSize,
      requestedSize: this.requestedSize,
    };
  }

  /** Does it take requests, or has one broken it? */
  get health(): DeviceHealth {
    return this.#health;
  }

  /** The status bit DEVICE_NEEDS_RESET. */
  get needsReset(): boolean {
    return this.#health === "needs-reset";
  }

  /** Does a driver work with it? Without one, requests get no answer. */
  get isActive(): boolean {
    return this.#acceptedFeatures !== undefined;
  }

  /** Offered features that no driver can do without. */
  get requiredFeatures(): bigint {
    return featureBits(this.flavour.features.required) & this.offeredFeatures;
  }

  /** Features that the driver has accepted; none without a driver. */
  get acceptedFeatures(): bigint {
    return this.#acceptedFeatures ?? 0n;
  }

  /**
   * Has the driver accepted this feature?
   *
   * @param feature - Name of the feature bit.
   */
  hasAccepted(feature: FeatureName): boolean {
    return hasFeature(this.acceptedFeatures, feature);
  }

  /** Is the host taking the device away? The requested size then cannot change. */
  get isBeingRemoved(): boolean {
    return this.#isBeingRemoved;
  }

  // The host's side.

  /**
   * Asks the guest to grow or shrink to `size`, and tells the driver.
   *
   * Only records the wish. Nothing is plugged before the driver runs, and a shrink may stay
   * incomplete while pages are busy.
   *
   * @param size - a multiple of {@link blockSize}, at most {@link regionSize}.
   * @throws RangeError if `size` is not; KernelError where the device takes no size now, or not the
   *   one it has (see {@link DeviceFlavour.target}). The old wish then stands.
   */
  requestSize(size: number): void {
    this.#blocks.assertRequestable(size);
    const { mayStay, mayPrecedeDriver } = this.flavour.target;
    if (this.#isBeingRemoved) {
      throw new KernelError("EBUSY", "request a size of a device that is being removed");
    }
    if (!mayPrecedeDriver && !this.isActive) {
      throw new KernelError("EINVAL", "request a size of a device without a driver");
    }
    if (!mayStay && size === this.requestedSize) {
      throw new KernelError("EINVAL", `request ${formatSize(size)}, which is requested already`);
    }
    this.#blocks.setRequestedSize(size);
    this.#log?.add({ type: "requested-size", atNs: this.#nowNs(), size });
    if (!this.isActive) return;
    for (const listener of this.#configListeners) this.listenerFailures.call(listener);
    this.listenerFailures.rethrow();
  }

  /**
   * Calls `listener` whenever the host has set a requested size, also one equal to the old, while a
   * driver works with the device.
   *
   * @param listener - Is called after the requested size has changed; reads it from the device.
   * @returns the function that ends it.
   */
  onConfigChange(listener: () => void): () => void {
    assertListener(listener);
    return addTo(this.#configListeners, listener);
  }

  /**
   * Calls `listener` with the plugged size after every acknowledged PLUG and UNPLUG, and when all
   * that was plugged has gone at once; see `throttleSizeEvents()` of `./device` for what QEMU's
   * monitor shows.
   *
   * @param listener - Is called with the plugged size in bytes.
   * @returns the function that ends it.
   */
  onSizeChange(listener: (pluggedSize: number) => void): () => void {
    assertListener(listener);
    return addTo(this.#sizeListeners, listener);
  }

  /**
   * Lets `listener` follow what is plugged from now on, and refuse it.
   *
   * @param listener - Is told of device blocks before they are plugged and after they are
   *   unplugged.
   * @returns the function that ends it.
   */
  addMemoryListener(listener: MemoryListener): () => void {
    assertMemoryListener(listener);
    return this.#host.add(listener);
  }

  /**
   * The machine is reset: all is unplugged if that is possible now, the usable region is computed
   * again, and the driver is gone.
   */
  systemReset(): void {
    this.#blocks.unplugAll();
    this.deviceReset();
  }

  /**
   * Begins to take the device away from the guest. Only one that nothing is plugged in or requested
   * of can go, and only if no driver reads unplugged memory.
   *
   * @returns `false` if it cannot go now.
   */
  tryRemove(): boolean {
    const isInaccessible = hasFeature(this.offeredFeatures, "UnpluggedInaccessible");
    if (!isInaccessible || this.pluggedSize > 0 || this.requestedSize > 0) return false;
    this.#isBeingRemoved = true;
    return true;
  }

  /** The guest has refused to let the device go. */
  cancelRemoval(): void {
    this.#isBeingRemoved = false;
  }

  /** The state that a migration or a snapshot carries over. */
  snapshot(): DeviceSnapshot {
    return {
      flavour: this.flavour.name,
      addr: this.addr,
      regionSize: this.regionSize,
      blockSize: this.blockSize,
      nodeId: this.nodeId ?? null,
      usableRegionSize: this.usableRegionSize,
      pluggedSize: this.pluggedSize,
      requestedSize: this.requestedSize,
      plugged: [...this.pluggedRuns()],
      acceptedFeatures: this.isActive ? this.acceptedFeatures.toString(16) : null,
      health: this.health,
    };
  }

  /**
   * Takes over the state of a device like this one, from a snapshot. Unplugged memory is discarded,
   * listeners are told of what is plugged.
   *
   * @param snapshot - From `snapshot()` of a device with the same flavour, place and sizes.
   * @throws RangeError if the snapshot is of another device or contradicts itself; KernelError if a
   *   listener refuses. Then nothing has changed.
   */
  restore(snapshot: DeviceSnapshot): void {
    assertLoadable(snapshot, this, this.flavour.plugFailure.leaves === "blocks");
    const { plugged, acceptedFeatures } = snapshot;
    for (const [index, [start, count]] of plugged.entries()) {
      if (this.#host.map(start, count, true)) continue;
      for (const [told, nr] of plugged.slice(0, index)) this.#host.unmap(told, nr);
      throw new KernelError("EBUSY", `restore ${count} plugged device blocks from ${start} on`);
    }
    this.#blocks.load(snapshot, plugged);
    this.#acceptedFeatures =
      acceptedFeatures === null ? undefined : BigInt(`0x${acceptedFeatures}`);
    this.#health = snapshot.health;
    for (const [start, count] of this.#blocks.runs(false)) this.#host.discard(start, count);
  }

  /** What {@link snapshot} leaves out, because no hypervisor carries it over. @internal */
  saveHostSide(): DeviceHostState {
    const { offered } = this.flavour.features;
    return {
      migrating: this.migrating,
      isBeingRemoved: this.#isBeingRemoved,
      withoutFeatures: offered.filter((name) => !hasFeature(this.offeredFeatures, name)),
    };
  }

  /** Takes that over. @internal */
  loadHostSide({ migrating, isBeingRemoved }: DeviceHostState): void {
    this.migrating = migrating;
    this.#isBeingRemoved = isBeingRemoved;
  }

  // The driver's side.

  /** The driver releases the device, or recovers it. Changes no block and no size. */
  deviceReset(): void {
    this.#acceptedFeatures = undefined;
    this.#setHealth("working");
  }

  /**
   * A driver begins to work with the device.
   *
   * @param features - what it accepts. Default: all that is offered.
   * @returns `false` if it accepts what is not offered, or does without what it must accept.
   */
  activate(features: bigint = this.offeredFeatures): boolean {
    if (typeof (features as unknown) !== "bigint") {
      throw optionTypeError(`features must be a bigint of feature bits, got ${shown(features)}`);
    }
    if (!isUsableWith(this.flavour, this.offeredFeatures, features)) return false;
    this.#acceptedFeatures = features;
    return true;
  }

  /**
   * Answers a request of the driver.
   *
   * @param request - Type and device blocks.
   * @returns ACK, NACK, BUSY or ERROR as the flavour decides (VIRTIO 1.3, section 5.15.6); `none`
   *   where the device is broken or has no driver.
   * @throws RangeError if `nbBlocks` is not a whole number of 16 bits: no driver can send that.
   */
  handle(request: Request): Answer {
    assertRequest(request);
    if (!this.isActive || this.#health !== "working") return NO_ANSWER;
    if (request.type === "UNPLUG_ALL") {
      const response = this.#blocks.unplugAll();
      this.#record("UNPLUG_ALL", 0, 0, response);
      return response;
    }
    const { type, nbBlocks } = request;
    if (!Number.isInteger(nbBlocks) || nbBlocks < 0 || nbBlocks > MAX_NB_BLOCKS) {
      throw optionError(
        `nbBlocks must be a whole number from 0 to ${MAX_NB_BLOCKS}, got ${shown(nbBlocks)}`,
      );
    }
    if (typeof request.addr !== "number" && typeof request.addr !== "bigint") {
      throw optionTypeError(`addr must be a number or a bigint, got ${shown(request.addr)}`);
    }
    const addr = Number(request.addr);
    const response = this.#blocks.handle({ type, addr, nbBlocks });
    this.#record(type, addr - this.addr, nbBlocks, response);
    return response;
  }

  /**
   * The first check of this flavour that a request would fail now, changing nothing; undefined
   * where it would pass them all, or has none. A host that has no memory is no check.
   *
   * @param request - Of any type; its range may be anywhere.
   */
  failedCheck(request: Request): PlugCheck | undefined {
    if (request.type === "UNPLUG_ALL") return undefined;
    return this.#blocks.failedCheck({ ...request, addr: Number(request.addr) });
  }

  /**
   * Answers the bytes of a request, whatever they are.
   *
   * @param request - the readable part of a descriptor chain, as a whole or descriptor by
   *   descriptor. More than 24 bytes are ignored.
   * @param writableSize - bytes that the driver has left for the answer.
   * @returns the answer, whose length is the used length: 10 bytes, or 0 from a flavour that hands
   *   an unreadable request back. Undefined: no answer; {@link health} says whether there will be
   *   another.
   *
   * @example
   * ```js
   * import { encodeRequest, VirtioMemDevice } from "virtio-mem-engine/device";
   *
   * const device = new VirtioMemDevice({ addr: 2 ** 32, regionSize: 2 ** 30 });
   * const response = device.handleBytes(encodeRequest({ type: "UNPLUG_ALL" }));
   * console.log(response.length); // 10
   * ```
   */
  handleBytes(
    request: Uint8Array | readonly Uint8Array[],
    writableSize: number = RESPONSE_SIZE,
  ): Uint8Array | undefined {
    assertRequestBytes(request);
    assertWhole("writableSize", writableSize);
    if (!this.isActive || this.#health !== "working") return undefined;
    const { maySplit, tooShort, tooLong } = this.flavour.malformed;
    const bytes = joinRequest(request, maySplit);
    const wireRequest = bytes === undefined ? undefined : decodeWireRequest(bytes);
    if (bytes === undefined || wireRequest === undefined || writableSize < RESPONSE_SIZE) {
      return this.#malformed(tooShort);
    }
    if (tooLong !== undefined && bytes.length > REQUEST_SIZE) return this.#malformed(tooLong);
    return this.handleWire(wireRequest);
  }

  /**
   * Answers a request of any type and address; see {@link handleBytes}.
   *
   * @param wireRequest - Fields of a request as they are on the wire.
   * @returns the answer as {@link handleBytes} gives it.
   */
  handleWire(wireRequest: WireRequest): Uint8Array | undefined {
    const request = toRequest(wireRequest);
    if (request !== undefined) return encodeResponse(this.handle(request));
    if (!this.isActive || this.#health !== "working") return undefined;
    return this.#malformed(this.flavour.malformed.unknownType);
  }

  /**
   * Reads `size` bytes of the config space, at any offset. A read that leaves the 56 bytes gives
   * all ones.
   *
   * @param offset - First byte, 0 to 55. Default: 0.
   * @param size - Bytes to read. Default: all 56.
   * @returns the bytes, little endian (VIRTIO 1.3, section 5.15.4).
   */
  readConfig(offset = 0, size: number = CONFIG_SIZE): Uint8Array {
    if (!Number.isInteger(offset)) {
      throw optionTypeError(`offset must be a whole number, got ${shown(offset)}`);
    }
    assertWhole("size", size, MOST_CONFIG_BYTES);
    if (offset < 0 || offset + size > CONFIG_SIZE) return new Uint8Array(size).fill(0xff);
    return encodeConfig(this.config).slice(offset, offset + size);
  }

  /**
   * The config space is read only: a write is taken and forgotten.
   *
   * @param offset - First byte.
   * @param bytes - What is written.
   */
  readonly writeConfig: (offset: number, bytes: Uint8Array) => void = ignore;

  /**
   * May the driver access `[addr, addr + size)`? Plugged memory always; unplugged memory by a read
   * of the CPU, inside the usable region and as long as it was not told to keep off.
   *
   * @param kind - A read or a write of the CPU, or DMA of a device.
   * @param addr - Guest physical address in bytes.
   * @param size - Bytes, from 1 on; 0 and less are never allowed.
   */
  allowsAccess(kind: "read" | "write" | "dma", addr: number, size: number): boolean {
    const offset = addr - this.addr;
    if (size <= 0 || offset < 0 || offset + size > this.usableRegionSize) return false;
    const start = Math.floor(offset / this.blockSize);
    const count = Math.ceil((offset + size) / this.blockSize) - start;
    if (this.isAll(start, count, true)) return true;
    return kind === "read" && !this.hasAccepted("UnpluggedInaccessible");
  }

  /**
   * Is each device block of the run `plugged`? Runs beyond the region are never.
   *
   * @param start - First device block, counted from 0.
   * @param count - Device blocks.
   * @param plugged - Ask for plugged blocks, or for unplugged ones.
   */
  isAll(start: number, count: number, plugged: boolean): boolean {
    assertWhole("start", start);
    assertWhole("count", count);
    return this.#blocks.isAll(start, count, plugged);
  }

  /** The plugged device blocks as runs, ascending and as long as possible. */
  pluggedRuns(): Generator<DeviceBlockRun> {
    return this.#blocks.runs(true);
  }

  #malformed(rule: MalformedRule): Uint8Array | undefined {
    const { answer, health } = malformedOutcome(rule);
    if (health !== undefined) this.#setHealth(health);
    return answer;
  }

  #setHealth(health: DeviceHealth): void {
    if (health === this.#health) return;
    this.#health = health;
    this.#log?.add({ type: "device-health", atNs: this.#nowNs(), health });
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

function addTo<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

function ignore(): void {
  // On purpose.
}
