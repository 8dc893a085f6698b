import type { Capture } from "../capture/capture.js";
import { coreId } from "../../build/inline.js";
import { VirtualClock } from "../clock.js";
import type { LoadSummary } from "../core/page-loader.js";
import { KernelError } from "../core/kernel-error.js";
import { PageMemory } from "../core/page-memory.js";
import { SECTION_SIZE } from "../linux/memmap.js";
import { MemoryHotplug } from "../linux/memory-hotplug.js";
import { linuxProfile, type LinuxProfile } from "../linux/profile.js";
import { ZoneTable } from "../linux/zone-table.js";
import { DeviceLog, EventLog, type Log } from "../log/event-log.js";
import { PassingLog } from "../log/passing-log.js";
import { resolvePolicy, type ResolvedPolicy } from "../policies/choice/resolve-policy.js";
import { PolicyError } from "../policies/policy-error.js";
import { VirtioMemDevice } from "../virtio-mem/device/device.js";
import { featuresToLeaveOut } from "../virtio-mem/device/features.js";
import { deviceFlavour, FLAVOUR_NAMES, type DeviceFlavour } from "../virtio-mem/device/flavour.js";
import type { DeviceHost } from "../virtio-mem/device/host.js";
import { VirtioMemDriver, type VirtioMemDriverOptions } from "../virtio-mem/driver/driver.js";
import type { DriverParameters } from "../virtio-mem/driver/parameters.js";
import { WorkQueue } from "../virtio-mem/driver/work-queue.js";
import type { PausingWork } from "../pausing-work.js";
import { bootedMemory, bootRangesOf, endOfBoot } from "./boot-memory.js";
import {
  BOOT_RANGE,
  CAPTURED_GUEST,
  NEW_DEVICE,
  NEW_GUEST,
  RESTORED_GUEST,
  SLICED_REQUEST,
} from "./option-rules.js";
import { assertCapture } from "../capture/assert-capture.js";
import { assertOptions } from "../option-check.js";
import { placeDevices } from "./device-placement.js";
import { assertWholeSubblocks, driverParameters, memoryOfLoaded } from "./from-capture.js";
import { asCaptureError, buildFrom } from "./impossible-guest.js";
import { LoadedCapture, type GuestSample } from "./loaded-capture.js";
import type {
  CapturedGuestOptions,
  GuestOptions,
  NewGuestOptions,
  RestoreOptions,
} from "./options.js";
import { decodeSnapshot, encodeSnapshot, type DeviceState, type GuestState } from "./snapshot.js";
import { policyTools } from "./policy-tools.js";
import { profileFor, type KernelChoice, type ProfileFromCapture } from "./profile-from-capture.js";
import { SlicedRequest, type SlicedRequestOptions } from "./sliced-request.js";
import { settingOf, type GuestMemory, type GuestSetting } from "./setting.js";
import { optionError, shown } from "../input-error.js";

export type * from "./options.js";
import { GiB } from "../units.js";

/**
 * One of a guest's devices, the driver that works with it, and what is in the log about the two.
 */
export interface GuestDevice {
  /** The device. */
  readonly device: VirtioMemDevice;
  /** Its driver. */
  readonly driver: VirtioMemDriver;
  /** What is in the log about the two. */
  readonly log: Log;
}

/** What devices and drivers stand on. */
interface Machine extends GuestSetting, GuestMemory {
  /** As they were given: what made the policy, the parameters of the drivers, the core. */
  readonly given: Pick<GuestOptions, "policy" | "core"> & { readonly driver: DriverParameters };
  readonly loaded?: LoadSummary;
  readonly found?: ProfileFromCapture;
}

/**
 * A Linux guest with one or more virtio-mem devices, on a virtual clock.
 *
 * @example
 * ```js
 * import { formatSize, Guest } from "virtio-mem-engine";
 *
 * const guest = await Guest.create({ bootSize: 2 ** 30, regionSize: 2 ** 31 });
 * guest.requestSize(2 ** 30); // plug
 * console.log(formatSize(guest.device.pluggedSize)); // 1 GiB
 * guest.requestSize(0); // unplug, as far as it goes
 * console.log(formatSize(guest.device.pluggedSize)); // 0 B
 * ```
 */
export class Guest {
  /** Its Linux version. */
  readonly profile: LinuxProfile;
  /** What decides how it unplugs. */
  readonly policy: ResolvedPolicy;
  /** The pages and the page allocator. */
  readonly pages: PageMemory;
  /** Its zones and their accounting. */
  readonly zones: ZoneTable;
  /** Its memory blocks: adding, onlining, offlining, removing. */
  readonly hotplug: MemoryHotplug;
  /** All its devices; at least one. */
  readonly devices: readonly GuestDevice[];
  /** Its first device, and that one's driver. */
  readonly device: VirtioMemDevice;
  /** The driver of its first device. */
  readonly driver: VirtioMemDriver;
  /** Its virtual time. */
  readonly clock: VirtualClock;
  /** Everything that happened. */
  readonly log: EventLog;
  /** What loading its capture had to guess; undefined for a guest that was not captured. */
  readonly loaded: LoadSummary | undefined;
  /**
   * Which kernel its capture was taken to be of, and why; undefined for a guest that was not
   * captured.
   */
  readonly kernel: KernelChoice | undefined;
  /** What in its capture contradicts that, in sentences. */
  readonly kernelNotes: readonly string[];

  readonly #machine: Machine;

  private constructor(machine: Machine, devices: readonly [GuestDevice, ...GuestDevice[]]) {
    this.#machine = machine;
    this.profile = machine.profile;
    this.policy = machine.policy;
    this.pages = machine.pages;
    this.zones = machine.zones;
    this.hotplug = machine.hotplug;
    this.devices = devices;
    this.device = devices[0].device;
    this.driver = devices[0].driver;
    this.clock = machine.clock;
    this.log = machine.log;
    this.loaded = machine.loaded;
    this.kernel = machine.found?.kernel;
    this.kernelNotes = machine.found?.notes ?? [];
  }

  /**
   * Boots a guest whose memory is idle.
   *
   * @param options - Its memory, devices and version. Default: 1 GiB of boot memory and one device.
   * @throws RangeError if a size breaks its rule, or the version's driver cannot work with a device
   *   that insists on a feature.
   *
   * @example
   * ```js
   * import { Guest } from "virtio-mem-engine";
   *
   * const guest = await Guest.create({
   *   bootSize: 2 ** 30,
   *   profile: "v6.12",
   *   online: { autoOnline: "online_movable" },
   *   devices: [{ regionSize: 2 ** 31 }, { regionSize: 2 ** 30 }],
   * });
   * console.log(guest.devices.length); // 2
   * ```
   */
  static async create(options: NewGuestOptions = {}): Promise<Guest> {
    assertOptions("options of Guest.create()", options, NEW_GUEST);
    for (const [at, entry] of (options.devices ?? []).entries()) {
      assertOptions(`devices[${at}]`, entry, NEW_DEVICE);
    }
    for (const [at, range] of (options.bootRanges ?? []).entries()) {
      assertOptions(`bootRanges[${at}]`, range, BOOT_RANGE);
    }
    const { memoryBlockSize = SECTION_SIZE } = options;
    const boot = options.bootRanges ?? bootRangesOf(options.bootSize ?? GiB);
    const places = placeDevices(options.devices ?? [options], endOfBoot(boot), memoryBlockSize);
    const end = Math.max(...places.map(({ addr, regionSize }) => addr + regionSize));
    const setting = settingOf(options, linuxProfile(options.profile ?? "v6.1"));
    const memory = await bootedMemory(boot, end, setting, options);
    const { policy, core, driver: parameters = {} } = options;
    const machine: Machine = {
      ...setting,
      ...memory,
      given: { ...(policy && { policy }), ...(core && { core }), driver: parameters },
    };
    const workQueue = new WorkQueue();
    const [first, ...others] = places.map((place, index): GuestDevice => {
      const deviceLog = places.length === 1 ? machine.log : new DeviceLog(machine.log, index);
      const withoutFeatures = featuresToLeaveOut(machine.profile.driver.features);
      const device = new VirtioMemDevice({ ...place, withoutFeatures, log: deviceLog });
      const driver = probed({
        ...driverOptions(machine, device, deviceLog),
        parameters,
        workQueue,
      });
      return { device, driver, log: deviceLog };
    });
    if (first === undefined) throw new Error("a guest has a device");
    workQueue.run();
    return new Guest(machine, [first, ...others]);
  }

  /**
   * Continues the life of a captured guest: its pages, its zones' marks, what is plugged.
   *
   * @param capture - What {@link readCapture} has read.
   * @param options - Device, policy and version, where they are not to be those of the capture.
   * @throws CaptureError if the capture contradicts itself; RangeError if device, driver and
   *   version do not go together.
   *
   * @example
   * ```js
   * import { Guest, readCapture } from "virtio-mem-engine";
   * import { openCapture } from "virtio-mem-engine/node";
   *
   * const capture = await readCapture(await openCapture("web-server.tar.gz"));
   * const guest = await Guest.fromCapture(capture);
   * guest.requestSize(2 ** 31);
   * guest.advanceTo(60_000); // a minute of virtual time, with the driver's retries
   * console.log(guest.device.pluggedSize); // 2147483648
   * ```
   */
  static async fromCapture(capture: Capture, options: CapturedGuestOptions = {}): Promise<Guest> {
    assertCapture(capture);
    assertOptions("options of Guest.fromCapture()", options, CAPTURED_GUEST);
    return Guest.resume(await Guest.load(capture, options), options);
  }

  /**
   * Loads the pages of a captured guest, for {@link resume}; throws as {@link fromCapture} does.
   *
   * @internal
   */
  static async load(capture: Capture, options: CapturedGuestOptions = {}): Promise<LoadedCapture> {
    const { profile, policy } = settingOf(options, profileFor(capture, options).profile);
    assertForCapture(policy);
    try {
      return await LoadedCapture.load(capture, profile, options);
    } catch (error) {
      throw asCaptureError(capture, error);
    }
  }

  /**
   * The guest of a loaded capture; {@link fromCapture} in two steps, for several guests of one
   * capture.
   *
   * @param options - those that it was loaded with.
   * @param sample - pageblocks turn out otherwise than they count. Default: none does.
   * @internal
   */
  static resume(from: LoadedCapture, options: CapturedGuestOptions, sample?: GuestSample): Guest {
    return buildFrom(from.capture, () => Guest.#resumed(from, options, sample));
  }

  static #resumed(
    from: LoadedCapture,
    options: CapturedGuestOptions,
    sample: GuestSample | undefined,
  ): Guest {
    const { capture } = from;
    const found = profileFor(capture, options);
    const whole = settingOf(options, found.profile);
    // of one guest among many only followers want to know what happens
    const setting = sample === undefined ? whole : { ...whole, log: new PassingLog(whole.clock) };
    const memory = memoryOfLoaded(from, setting, sample);
    const { regionStart, regionSize, blockSize } = capture.device;
    const { plugged } = memory;
    const device = new VirtioMemDevice({
      addr: regionStart,
      regionSize,
      blockSize,
      requestedSize: plugged.reduce((sum, [, nr]) => sum + nr, 0) * blockSize,
      plugged,
      log: setting.log,
      ...(options.host === undefined ? {} : { host: options.host }),
    });
    assertWholeSubblocks(device, setting.profile);
    const { policy, core } = options;
    const parameters = options.driver ?? driverParameters(capture, setting.profile);
    const given = { ...(policy && { policy }), ...(core && { core }), driver: parameters };
    const machine: Machine = { ...setting, ...memory, found, given };
    const driver = VirtioMemDriver.resume({
      ...driverOptions(machine, device, setting.log),
      parameters,
    });
    return new Guest(machine, [{ device, driver, log: setting.log }]);
  }

  /**
   * The whole guest in one buffer, which can be transferred to a worker, kept in a file, and taken
   * up by {@link restore} of the same version: pages, zones, memory blocks, devices, drivers with
   * their retry timers, workloads, virtual time. Not the entries of the log, nor listeners, nor
   * what a policy of its own remembers outside the guest.
   *
   * @throws KernelError in the midst of a driver's run; RangeError for a device whose flavour is
   *   not one of `FLAVOUR_NAMES`.
   * @example
   * import { Guest } from "virtio-mem-engine";
   *
   * const guest = await Guest.create();
   * guest.requestSize(2 ** 30);
   * const before = guest.snapshot();
   * guest.requestSize(0);
   * const again = await Guest.restore(before);
   * console.log(guest.device.pluggedSize, again.device.pluggedSize); // 0 1073741824
   */
  snapshot(): ArrayBuffer {
    const { given, policy, calibration } = this.#machine;
    for (const { device } of this.devices) assertNamed(device.flavour);
    const devices = ranked(
      this.devices.map(({ device, driver }) => ({
        device: device.snapshot(),
        host: device.saveHostSide(),
        driver: driver.save(),
      })),
    );
    const { memory, checksum, ...pages } = this.pages.save();
    const choice = given.policy === undefined ? [] : [given.policy].flat();
    const state: GuestState = {
      coreId,
      clockNs: this.clock.nowNs,
      logLength: this.log.length,
      profile: this.profile,
      policy: given.policy === undefined ? null : policy.name,
      hasOwnPolicy: choice.some((part) => typeof part !== "string"),
      calibration,
      parameters: given.driver,
      ...pages,
      zones: this.zones.save(),
      hotplug: this.hotplug.save(),
      devices,
      loaded: this.loaded ?? null,
      kernel: this.kernel ?? null,
      kernelNotes: this.kernelNotes,
    };
    return encodeSnapshot(state, memory, checksum);
  }

  /**
   * A guest that goes on as the one of a snapshot would have, bit for bit. Its log
   * goes on without the entries that were written before.
   *
   * @param snapshot - From `snapshot()` of the same version of this package.
   * @param options - What a snapshot cannot hold.
   * @throws TypeError for something else than a buffer; RangeError if the snapshot is cut off,
   *   damaged or of another version; PolicyError if its policy has to be given again.
   */
  static async restore(snapshot: ArrayBufferLike, options: RestoreOptions = {}): Promise<Guest> {
    assertOptions("options of Guest.restore()", options, RESTORED_GUEST);
    const { state, memory, memoryChecksum } = decodeSnapshot(snapshot, coreId);
    const { profile, calibration, parameters, loaded, kernel, kernelNotes } = state;
    const choice = options.policy ?? state.policy ?? undefined;
    if (state.hasOwnPolicy && options.policy === undefined) {
      const rule = "policy must be given again for a snapshot with a policy of its own";
      throw new PolicyError(`${rule}, got none for ${state.policy ?? ""}`);
    }
    const policy = resolvePolicy(choice, profile);
    if (state.policy !== null && policy.name !== state.policy) {
      throw new PolicyError(
        `policy must be that of the snapshot, ${state.policy}, got ${policy.name}`,
      );
    }
    const clock = new VirtualClock(state.clockNs);
    const log = new EventLog(clock, undefined, state.logLength);
    const saved = { ...state, memory, checksum: memoryChecksum };
    const pages = await PageMemory.restore(saved, options.core);
    const zones = ZoneTable.of(pages, profile.mm);
    zones.load(state.zones);
    const { blocks, ...hotplugOptions } = state.hotplug;
    const base = { pages, zones, profile, clock, calibration };
    const hotplug = new MemoryHotplug({ ...base, ...hotplugOptions });
    hotplug.load(blocks);
    const given = { ...(choice && { policy: choice }), driver: parameters };
    const machine: Machine = {
      ...{ ...base, hotplug, policy, log },
      given: options.core === undefined ? given : { ...given, core: options.core },
      ...(loaded === null ? {} : { loaded }),
      ...(kernel === null ? {} : { found: { profile, kernel, notes: kernelNotes } }),
    };
    const workQueue = new WorkQueue();
    const devices = state.devices.map((one, index) => {
      const deviceLog = state.devices.length === 1 ? log : new DeviceLog(log, index);
      const device = restoredDevice(one, options.hosts?.[index], deviceLog);
      const driver = VirtioMemDriver.restore(
        { ...driverOptions(machine, device, deviceLog), parameters, workQueue },
        one.driver,
      );
      return { device, driver, log: deviceLog };
    });
    rearm(devices, state.devices);
    const [first, ...others] = devices;
    if (first === undefined) throw new Error("a guest has a device");
    return new Guest(machine, [first, ...others]);
  }

  /**
   * A second guest that is what this one is now, and goes its own way from here. Shares nothing
   * with it but the policy and the hosts that are given.
   *
   * @param options - What a snapshot cannot hold. Default: the policy and core of this guest.
   * @throws as {@link snapshot} does.
   */
  fork(options: RestoreOptions = {}): Promise<Guest> {
    const { policy, core } = this.#machine.given;
    return Guest.restore(this.snapshot(), {
      ...(policy && { policy }),
      ...(core && { core }),
      ...options,
    });
  }

  /**
   * Asks for a size and lets the driver work until it goes idle or waits for its retry timer.
   *
   * @param index - which of {@link devices}. Default: the first.
   * @param bytes - Requested size: a multiple of the device's block size, at most its region.
   * @throws RangeError if there is no such device, or its device takes no such size.
   */
  requestSize(bytes: number, index = 0): void {
    const { device, driver } = this.#at(index);
    const { requestedSize } = device;
    device.requestSize(bytes);
    try {
      driver.run();
    } catch (error) {
      if (error instanceof PolicyError) device.requestSize(requestedSize);
      throw error;
    }
    this.#rethrowListeners();
  }

  /**
   * Asks for a size as {@link requestSize} does, in slices: the thread is free in between, what is
   * done can be followed, and the request be aborted. Nothing is done before it is iterated or its
   * result asked for, but that the device has the new size.
   *
   * @param bytes - Requested size: a multiple of the device's block size, at most its region.
   * @param options - Which device, how long a slice takes, how to follow and to end it.
   * @throws RangeError as requestSize() does, and for a wrong option; KernelError with EBUSY while
   *   a run of a driver is going on; the reason of `signal` where that is aborted already.
   */
  requestSizeInSlices(bytes: number, options: SlicedRequestOptions = {}): SlicedRequest {
    assertOptions("options of requestSizeInSlices()", options, SLICED_REQUEST);
    options.signal?.throwIfAborted();
    const { device, driver } = this.#at(options.index ?? 0);
    if (driver.isQueueRunning) {
      throw new KernelError("EBUSY", "request a size in slices in the midst of a driver's run");
    }
    const { requestedSize: before, pluggedSize: pluggedSizeBefore } = device;
    device.requestSize(bytes);
    const run = this.#runInSlices.bind(this, device, driver, before);
    return new SlicedRequest(
      { device, pluggedSizeBefore, requestedSize: bytes, begin: run },
      options,
    );
  }

  *#runInSlices(
    device: VirtioMemDevice,
    driver: VirtioMemDriver,
    requestedBefore: number,
    isPauseDue: () => boolean,
  ): PausingWork {
    try {
      yield* driver.slices(isPauseDue);
    } catch (error) {
      if (error instanceof PolicyError) device.requestSize(requestedBefore);
      throw error;
    }
    this.#rethrowListeners();
  }

  /**
   * Lets time pass; retry timers that come due run the driver.
   *
   * @param ms - Virtual milliseconds since boot, 0 to 9e9 (104 days); a time that has passed
   *   changes nothing.
   * @throws RangeError if `ms` is no such time; what a listener of an event has thrown.
   *
   * @example
   * ```js
   * import { Guest } from "virtio-mem-engine";
   *
   * const guest = await Guest.create();
   * guest.advanceTo(1000);
   * console.log(guest.clock.nowMs); // 1000
   * ```
   */
  advanceTo(ms: number): void {
    if (!(ms >= 0 && ms < 9e9)) {
      throw optionError(`ms must be a time from 0 to 104 days in milliseconds, got ${shown(ms)}`);
    }
    this.clock.advanceToNs(Math.round(ms * 1e6));
    this.#rethrowListeners();
  }

  /**
   * One character 0 or 1 per device block of a region, in address order.
   *
   * @param index - Which of {@link devices}. Default: the first.
   * @throws RangeError if there is no such device.
   *
   * @example
   * ```js
   * import { Guest } from "virtio-mem-engine";
   *
   * const guest = await Guest.create({ regionSize: 2 ** 28 });
   * guest.requestSize(2 ** 27);
   * console.log(guest.pluggedMap().indexOf("0")); // 64
   * ```
   */
  pluggedMap(index = 0): string {
    const { device } = this.#at(index);
    let map = "";
    for (let block = 0; block < device.nbBlocks; block++) {
      map += device.isAll(block, 1, true) ? "1" : "0";
    }
    return map;
  }

  /** What a listener threw meanwhile: the guest has gone on without it. */
  #rethrowListeners(): void {
    for (const { device } of this.devices) device.listenerFailures.rethrow();
    this.log.listenerFailures.rethrow();
  }

  #at(index: number): GuestDevice {
    const found = this.devices[index];
    if (found !== undefined) return found;
    const last = this.devices.length - 1;
    throw optionError(`index must be that of a device, 0 to ${last}, got ${shown(index)}`);
  }
}

function assertNamed(flavour: DeviceFlavour): void {
  const known = FLAVOUR_NAMES.find((name) => name === flavour.name);
  if (known !== undefined && deviceFlavour(known) === flavour) return;
  const names = FLAVOUR_NAMES.join(", ");
  throw optionError(
    `flavour must be one of ${names} in a snapshot, got ${flavour.name} of its own`,
  );
}

function restoredDevice(
  { device: snapshot, host: hostSide }: DeviceState,
  host: DeviceHost | undefined,
  log: Log,
): VirtioMemDevice {
  const { addr, regionSize, blockSize, nodeId, flavour } = snapshot;
  const device = new VirtioMemDevice({
    ...{ addr, regionSize, blockSize, flavour, log },
    withoutFeatures: hostSide.withoutFeatures,
    ...(nodeId === null ? {} : { nodeId }),
    ...(host === undefined ? {} : { host }),
  });
  device.restore(snapshot);
  device.loadHostSide(hostSide);
  return device;
}

/** Places of retry timers among themselves: what else the clock has is no part of a guest. */
function ranked(devices: readonly DeviceState[]): DeviceState[] {
  const places = devices
    .flatMap(({ driver: { retry } }) => (retry === null ? [] : [retry.place]))
    .sort((one, other) => one - other);
  return devices.map((one) => {
    const { retry } = one.driver;
    if (retry === null) return one;
    const place = places.indexOf(retry.place);
    return { ...one, driver: { ...one.driver, retry: { ...retry, place } } };
  });
}

/** Queues the drivers' runs and sets their timers, in the order in which they were. */
function rearm(devices: readonly GuestDevice[], states: readonly DeviceState[]): void {
  const queued = devices.flatMap(({ driver }, index) => {
    const run = states[index]?.driver.queued ?? null;
    return run === null ? [] : [{ driver, ...run }];
  });
  const timers = devices.flatMap(({ driver }, index) => {
    const retry = states[index]?.driver.retry ?? null;
    return retry === null ? [] : [{ driver, ...retry }];
  });
  const byPlace = (a: { place: number }, b: { place: number }): number => a.place - b.place;
  for (const { driver, by } of queued.sort(byPlace)) driver.requeue(by);
  for (const { driver, dueNs } of timers.sort(byPlace)) driver.rearm(dueNs);
}

function driverOptions(
  { hotplug, profile, policy, pages, zones, clock, calibration }: Machine,
  device: VirtioMemDevice,
  log: Log,
): VirtioMemDriverOptions {
  return {
    device,
    memory: hotplug,
    log,
    profile,
    requestNs: calibration.requestNs,
    policy: policy.unplug,
    retry: policy.retry,
    ...policyTools(pages, zones, clock, calibration),
  };
}

/** @throws RangeError where the version's driver fails to load: a matter of what was chosen. */
function probed(options: VirtioMemDriverOptions): VirtioMemDriver {
  try {
    return VirtioMemDriver.probe(options);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    const { flavour } = options.device;
    throw optionError(
      `profile must have a driver for the device of ${flavour.name}, got: ${error.message}`,
      { cause: error },
    );
  }
}

/** What decides about a guest's life needs one that lives; a capture is a moment. */
function assertForCapture({ name, memmap, controller }: ResolvedPolicy): void {
  if (memmap === "older-memory" && controller === undefined) return;
  const what = controller === undefined ? "where struct pages lie" : "what the host asks for";
  throw new PolicyError(
    `policy ${name} must be used in a scenario: it decides ${what}, got a capture`,
  );
}
