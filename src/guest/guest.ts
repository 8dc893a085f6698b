import { bootRangesOf, bringUp, endOfBoot } from "./boot-memory.js";
import type { Capture } from "../capture/capture.js";
import { loadPages } from "./load-pages.js";
import { memmapsOf } from "./memmaps.js";
import {
  adoptCaches,
  adoptMemoryBlocks,
  adoptZones,
  assertWholeSubblocks,
  driverParameters,
  pluggedRuns,
  settleZones,
} from "./from-capture.js";
import { VirtualClock } from "../clock.js";
import { PAGE_SIZE, PAGEBLOCK_SIZE } from "../core/abi.js";
import type { LoadSummary } from "../core/page-loader.js";
import { PageMemory } from "../core/page-memory.js";
import { placeDevices } from "./device-placement.js";
import { DeviceLog, EventLog, type Log } from "../log/event-log.js";
import type { CapturedGuestOptions, GuestOptions, NewGuestOptions } from "./options.js";
import { DEFAULT_CALIBRATION, type Calibration } from "../linux/calibration.js";
import { SECTION_SIZE } from "../linux/memmap.js";
import { MemoryHotplug } from "../linux/memory-hotplug.js";
import { DEFAULT_ONLINE_SETTINGS } from "../linux/online-policy.js";
import { linuxProfile, type LinuxProfile } from "../linux/profile.js";
import { ZoneTable } from "../linux/zone-table.js";
import { PolicyError } from "../policies/policy-error.js";
import { policyTools } from "../policies/policy-tools.js";
import { resolvePolicy, type ResolvedPolicy } from "../policies/resolve-policy.js";
import { featuresToLeaveOut } from "../virtio-mem/device/features.js";
import { VirtioMemDevice } from "../virtio-mem/device/device.js";
import { VirtioMemDriver, type VirtioMemDriverOptions } from "../virtio-mem/driver/driver.js";
import { assertPowerOfTwo } from "../virtio-mem/sizes.js";
import { WorkQueue } from "../virtio-mem/driver/work-queue.js";

export type * from "./options.js";

const GiB = 1024 ** 3;

/** One of a guest's devices, the driver that works with it, and what is in the log about the two. */
export interface GuestDevice {
  readonly device: VirtioMemDevice;
  readonly driver: VirtioMemDriver;
  readonly log: Log;
}

/** What devices and drivers stand on. */
interface Machine {
  readonly pages: PageMemory;
  readonly zones: ZoneTable;
  readonly clock: VirtualClock;
  readonly log: EventLog;
  readonly hotplug: MemoryHotplug;
  readonly profile: LinuxProfile;
  readonly policy: ResolvedPolicy;
  readonly calibration: Calibration;
  readonly loaded?: LoadSummary;
}

/** A Linux guest with one or more virtio-mem devices, on a virtual clock. */
export class Guest {
  readonly profile: LinuxProfile;
  readonly policy: ResolvedPolicy;
  /** The pages and the page allocator. */
  readonly pages: PageMemory;
  readonly zones: ZoneTable;
  readonly hotplug: MemoryHotplug;
  /** All its devices; at least one. */
  readonly devices: readonly GuestDevice[];
  /** Its first device, and that one's driver. */
  readonly device: VirtioMemDevice;
  readonly driver: VirtioMemDriver;
  readonly clock: VirtualClock;
  /** Everything that happened. */
  readonly log: EventLog;
  /** What loading its capture had to guess; undefined for a guest that was not captured. */
  readonly loaded: LoadSummary | undefined;

  private constructor(machine: Machine, devices: readonly [GuestDevice, ...GuestDevice[]]) {
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
  }

  /**
   * Boots a guest whose memory is idle.
   *
   * @throws RangeError if a size breaks its rule; KernelError if the version's driver cannot work with a
   *   device that insists on a feature.
   */
  static async create(options: NewGuestOptions = {}): Promise<Guest> {
    const { memoryBlockSize = SECTION_SIZE } = options;
    const boot = options.bootMemory ?? bootRangesOf(options.bootSize ?? GiB);
    const places = placeDevices(options.devices ?? [options], endOfBoot(boot), memoryBlockSize);
    const end = Math.max(...places.map(({ addr, regionSize }) => addr + regionSize));
    const profile = profileOf(options);
    const policy = resolvePolicy(options.policy, profile);
    const pages = await PageMemory.create(end / PAGE_SIZE, profile.mm, options.core);
    const zones = new ZoneTable(pages, { minFreeLimitKib: profile.mm.minFreeLimitSize / 1024 });
    bringUp(pages, zones, boot);
    zones.recompute();
    const clock = new VirtualClock();
    const calibration = options.calibration ?? DEFAULT_CALIBRATION;
    const hotplug = new MemoryHotplug({
      pages,
      zones,
      memoryBlockSize,
      online: { ...DEFAULT_ONLINE_SETTINGS, ...options.online, ...policy.online },
      memmap: policy.memmap,
      profile,
      clock,
      calibration,
      node: 0,
    });
    const log = new EventLog(clock);
    const machine = { pages, zones, clock, log, hotplug, profile, policy, calibration };
    const workQueue = new WorkQueue();
    const [first, ...others] = places.map((place, index): GuestDevice => {
      const deviceLog = places.length === 1 ? log : new DeviceLog(log, index);
      const withoutFeatures = featuresToLeaveOut(profile.driver);
      const device = new VirtioMemDevice({ ...place, withoutFeatures, log: deviceLog });
      const driver = VirtioMemDriver.probe({
        ...driverOptions(machine, device, deviceLog),
        parameters: options.driver ?? {},
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
   * @throws CaptureError if the capture contradicts itself; RangeError if device, driver and version do not go together.
   */
  static async fromCapture(capture: Capture, options: CapturedGuestOptions = {}): Promise<Guest> {
    const profile = profileOf(options);
    const policy = resolvePolicy(options.policy, profile);
    assertForCapture(policy);
    const { regionStart, regionSize } = capture.device;
    const endOfBlocks = Math.max(...capture.memoryBlocks.map(({ id }) => id + 1), 0);
    const end = Math.max(regionStart + regionSize, endOfBlocks * capture.memoryBlockSize);
    const pages = await PageMemory.create(end / PAGE_SIZE, profile.mm, options.core);
    const zones = new ZoneTable(pages, { minFreeLimitKib: profile.mm.minFreeLimitSize / 1024 });
    adoptZones(capture, zones);
    await loadPages(capture, pages, zones, options);
    const memmaps = memmapsOf(capture, pages);
    if (capture.pageState === undefined) settleZones(capture, pages, zones);
    if (options.keepCaches === true) adoptCaches(capture, pages, zones);
    const loaded = pages.loader.finishLoad(capture.pageState !== undefined);
    const clock = new VirtualClock();
    const log = new EventLog(clock);
    const calibration = options.calibration ?? DEFAULT_CALIBRATION;
    const hotplug = new MemoryHotplug({
      pages,
      zones,
      memoryBlockSize: capture.memoryBlockSize,
      online: { ...capture.settings, ...policy.online },
      profile,
      clock,
      calibration,
      node: capture.device.node,
    });
    const plugged = pluggedRuns(capture, pages);
    adoptMemoryBlocks(capture, pages, zones, hotplug, memmaps);
    const pluggedSize = plugged.reduce((sum, [, nr]) => sum + nr, 0) * capture.device.blockSize;
    const device = new VirtioMemDevice({
      addr: regionStart,
      regionSize,
      blockSize: capture.device.blockSize,
      requestedSize: pluggedSize,
      plugged,
      log,
    });
    assertWholeSubblocks(device, profile);
    const machine = { pages, zones, clock, log, hotplug, profile, policy, calibration, loaded };
    const driver = VirtioMemDriver.resume({
      ...driverOptions(machine, device, log),
      parameters: options.driver ?? driverParameters(capture, profile),
    });
    return new Guest(machine, [{ device, driver, log }]);
  }

  /**
   * Asks for a size and lets the driver work until it goes idle or waits for its retry timer.
   *
   * @param index - which of {@link devices}. Default: the first.
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
  }

  /** Lets time pass; retry timers that come due run the driver. */
  advanceTo(ms: number): void {
    this.clock.advanceTo(Math.round(ms * 1e6));
  }

  /** One character 0 or 1 per device block of a region, in address order. */
  pluggedMap(index = 0): string {
    const { device } = this.#at(index);
    let map = "";
    for (let block = 0; block < device.nbBlocks; block++) {
      map += device.isAll(block, 1, true) ? "1" : "0";
    }
    return map;
  }

  #at(index: number): GuestDevice {
    const found = this.devices[index];
    if (found !== undefined) return found;
    const last = this.devices.length - 1;
    throw new RangeError(`index must be that of a device, 0 to ${last}, got ${index}`);
  }
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

/** What decides about a guest's life needs one that lives; a capture is a moment. */
function assertForCapture({ name, memmap, controller }: ResolvedPolicy): void {
  if (memmap === "older-memory" && controller === undefined) return;
  const what = controller === undefined ? "where struct pages lie" : "what the host asks for";
  throw new PolicyError(
    `policy ${name} must be used in a scenario: it decides ${what}, got a capture`,
  );
}

function profileOf({ profile: name = "v6.1", subblockSize }: GuestOptions): LinuxProfile {
  const profile = linuxProfile(name);
  if (subblockSize === undefined) return profile;
  assertPowerOfTwo("subblockSize", subblockSize, PAGEBLOCK_SIZE);
  return { ...profile, driver: { ...profile.driver, subblockMinimumSize: subblockSize } };
}
