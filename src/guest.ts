import { loadPages, type LoadOptions } from "./capture/load-pages.js";
import type { Capture } from "./capture/capture.js";
import { memmapsOf } from "./capture/memmaps.js";
import { VirtualClock } from "./clock.js";
import { classOfState, PAGE_SIZE, PAGEBLOCK_PAGES, PAGEBLOCK_SIZE, PageClass } from "./core/abi.js";
import type { CoreSource } from "./core/load.js";
import { PageMemory, type LoadSummary } from "./core/page-memory.js";
import { EventLog } from "./event-log.js";
import { DEFAULT_CALIBRATION, type Calibration } from "./linux/calibration.js";
import type { ZoneKind } from "./linux/linux-memory.js";
import { MemoryHotplug, SECTION_SIZE } from "./linux/memory-hotplug.js";
import { DEFAULT_ONLINE_SETTINGS, type OnlineSettings } from "./linux/online-policy.js";
import { linuxProfile, type LinuxProfile, type ProfileName } from "./linux/profile.js";
import { ZoneTable } from "./linux/zone-table.js";
import {
  resolvePolicy,
  type PolicyChoice,
  type ResolvedPolicy,
} from "./policies/resolve-policy.js";
import { formatSize } from "./units.js";
import type { DeviceFlavour, FlavourName } from "./virtio-mem/device-flavour.js";
import type { DeviceHost } from "./virtio-mem/device-host.js";
import { VirtioMemDevice, type DeviceBlockRun } from "./virtio-mem/device.js";
import { VirtioMemDriver, type VirtioMemDriverOptions } from "./virtio-mem/driver.js";
import type { DriverParameters } from "./virtio-mem/driver-parameters.js";
import { assertMultiple, assertPowerOfTwo } from "./virtio-mem/sizes.js";

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
/** Where memory above the 32-bit hole starts on x86. */
const HIGH_MEMORY = 4 * GiB;
const DMA_SIZE = 16 * MiB;
/** Boot memory below the hole, as QEMU's q35 lays it out. */
const LOW_MEMORY_LIMIT = 2 * GiB;

export interface GuestOptions {
  /** Linux version. Default: v6.1. */
  readonly profile?: ProfileName;
  readonly calibration?: Calibration;
  /** Where the core comes from; see loadCore(). */
  readonly core?: CoreSource;
  readonly driver?: DriverParameters;
  /** How it unplugs: policies by name, joined by `+`, or as objects. Default: as the Linux version does. */
  readonly policy?: PolicyChoice;
  /** Bytes of the driver's subblock where it is not the version's own: a power of two from 2 MiB on. */
  readonly subblockSize?: number;
}

/** A new guest: boot memory, nothing in use but what the kernel takes to add memory. */
export interface NewGuestOptions extends GuestOptions {
  /** Bytes, a multiple of 128 MiB. Default: 1 GiB. */
  readonly bootSize?: number;
  /** Bytes of the device region, a multiple of the block size. Default: 4 GiB. */
  readonly regionSize?: number;
  /** Bytes of a device block, a power of two. Default: 2 MiB. */
  readonly blockSize?: number;
  /** Bytes of a memory block, 128 MiB to 2 GiB. Default: 128 MiB. */
  readonly memoryBlockSize?: number;
  /** Who brings added memory online, and where. Default: `online` by the policy contig-zones. */
  readonly online?: Partial<OnlineSettings>;
  /** Whose device it is. Default: QEMU's on x86. */
  readonly flavour?: DeviceFlavour | FlavourName;
  /** The host behind the device, where it may fail or its work takes time. Default: it never does. */
  readonly host?: DeviceHost;
}

export interface CapturedGuestOptions extends GuestOptions, LoadOptions {}

interface Parts {
  readonly pages: PageMemory;
  readonly zones: ZoneTable;
  readonly clock: VirtualClock;
  readonly log: EventLog;
  readonly hotplug: MemoryHotplug;
  readonly device: VirtioMemDevice;
  readonly driver: VirtioMemDriver;
  readonly profile: LinuxProfile;
  readonly policy: ResolvedPolicy;
  readonly loaded?: LoadSummary;
}

/** A Linux guest with one virtio-mem device, on a virtual clock. */
export class Guest {
  readonly profile: LinuxProfile;
  readonly policy: ResolvedPolicy;
  /** The pages and the page allocator. */
  readonly pages: PageMemory;
  readonly zones: ZoneTable;
  readonly hotplug: MemoryHotplug;
  readonly device: VirtioMemDevice;
  readonly driver: VirtioMemDriver;
  readonly clock: VirtualClock;
  /** Everything that happened. */
  readonly log: EventLog;
  /** What loading its capture had to guess; undefined for a guest that was not captured. */
  readonly loaded: LoadSummary | undefined;

  private constructor(parts: Parts) {
    this.profile = parts.profile;
    this.policy = parts.policy;
    this.pages = parts.pages;
    this.zones = parts.zones;
    this.hotplug = parts.hotplug;
    this.device = parts.device;
    this.driver = parts.driver;
    this.clock = parts.clock;
    this.log = parts.log;
    this.loaded = parts.loaded;
  }

  /**
   * Boots a guest whose memory is idle.
   *
   * @throws RangeError if a size breaks its rule.
   */
  static async create(options: NewGuestOptions = {}): Promise<Guest> {
    const { bootSize = GiB, regionSize = 4 * GiB, memoryBlockSize = SECTION_SIZE } = options;
    assertMultiple("bootSize", bootSize, SECTION_SIZE);
    const low = Math.min(bootSize, LOW_MEMORY_LIMIT);
    const high = bootSize - low;
    const regionStart = Math.ceil((HIGH_MEMORY + high) / memoryBlockSize) * memoryBlockSize;
    const profile = profileOf(options);
    const policy = resolvePolicy(options.policy, profile);
    const pages = await PageMemory.create(
      (regionStart + regionSize) / PAGE_SIZE,
      profile.mm,
      options.core,
    );
    const zones = new ZoneTable(pages, { minFreeLimitKib: profile.mm.minFreeLimitSize / 1024 });
    boot(pages, zones, "DMA", 0, Math.min(low, DMA_SIZE));
    if (low > DMA_SIZE) boot(pages, zones, "DMA32", DMA_SIZE, low);
    if (high > 0) boot(pages, zones, "Normal", HIGH_MEMORY, HIGH_MEMORY + high);
    zones.recompute();
    const clock = new VirtualClock();
    const log = new EventLog(clock);
    const calibration = options.calibration ?? DEFAULT_CALIBRATION;
    const online = { ...DEFAULT_ONLINE_SETTINGS, ...options.online };
    const hotplug = new MemoryHotplug({
      pages,
      zones,
      memoryBlockSize,
      online,
      profile,
      clock,
      calibration,
      node: 0,
    });
    const device = new VirtioMemDevice({
      addr: regionStart,
      regionSize,
      blockSize: options.blockSize ?? 2 * MiB,
      log,
      ...(options.flavour === undefined ? {} : { flavour: options.flavour }),
      ...(options.host === undefined ? {} : { host: options.host }),
    });
    const driver = VirtioMemDriver.probe({
      device,
      memory: hotplug,
      log,
      profile,
      parameters: options.driver ?? {},
      requestNs: calibration.requestNs,
      policy: policy.unplug,
      ...eyesAndHands(pages, clock, calibration),
    });
    driver.run();
    return new Guest({ pages, zones, clock, log, hotplug, device, driver, profile, policy });
  }

  /**
   * Continues the life of a captured guest: its pages, its zones' marks, what is plugged.
   *
   * @throws CaptureError if the capture contradicts itself; RangeError if device, driver and version do not go together.
   */
  static async fromCapture(capture: Capture, options: CapturedGuestOptions = {}): Promise<Guest> {
    const profile = profileOf(options);
    const policy = resolvePolicy(options.policy, profile);
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
    const loaded = pages.finishLoad(capture.pageState !== undefined);
    const clock = new VirtualClock();
    const log = new EventLog(clock);
    const calibration = options.calibration ?? DEFAULT_CALIBRATION;
    const hotplug = new MemoryHotplug({
      pages,
      zones,
      memoryBlockSize: capture.memoryBlockSize,
      online: capture.settings,
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
    const driver = VirtioMemDriver.resume({
      device,
      memory: hotplug,
      log,
      profile,
      parameters: options.driver ?? driverParameters(capture, profile),
      requestNs: calibration.requestNs,
      policy: policy.unplug,
      ...eyesAndHands(pages, clock, calibration),
    });
    return new Guest({
      pages,
      zones,
      clock,
      log,
      hotplug,
      device,
      driver,
      profile,
      policy,
      loaded,
    });
  }

  /** Asks for a size and lets the driver work until it goes idle or waits for its retry timer. */
  requestSize(bytes: number): void {
    this.device.requestSize(bytes);
    this.driver.run();
  }

  /** Lets time pass; retry timers that come due run the driver. */
  advanceTo(ms: number): void {
    this.clock.advanceTo(Math.round(ms * 1e6));
  }

  /** One character 0 or 1 per device block of the region, in address order. */
  pluggedMap(): string {
    let map = "";
    for (let block = 0; block < this.device.nbBlocks; block++) {
      map += this.device.isAll(block, 1, true) ? "1" : "0";
    }
    return map;
  }
}

function profileOf({ profile: name = "v6.1", subblockSize }: GuestOptions): LinuxProfile {
  const profile = linuxProfile(name);
  if (subblockSize === undefined) return profile;
  assertPowerOfTwo("subblockSize", subblockSize, PAGEBLOCK_SIZE);
  return { ...profile, driver: { ...profile.driver, subblockMinimumSize: subblockSize } };
}

/** How a policy looks at subblocks and isolates them, and what that costs. */
function eyesAndHands(
  pages: PageMemory,
  clock: VirtualClock,
  { lookedPageNs, perPageblockNs }: Calibration,
): Required<Pick<VirtioMemDriverOptions, "sense" | "isolation">> {
  return {
    sense: (startPfn, nrPages, count) => {
      clock.advance(Math.round(nrPages * count * lookedPageNs));
      return pages.countBySubblock(startPfn, nrPages, count);
    },
    isolation: {
      tryIsolate: (startPfn, nrPages) => {
        clock.advance(Math.round((nrPages / PAGEBLOCK_PAGES) * perPageblockNs));
        return pages.tryIsolate(startPfn, nrPages);
      },
      unisolate: (startPfn, nrPages) => {
        pages.unisolate(startPfn, nrPages);
      },
    },
  };
}

/** Brings boot memory [start, end) online in a zone. */
function boot(
  pages: PageMemory,
  zones: ZoneTable,
  kind: ZoneKind,
  start: number,
  end: number,
): void {
  const zone = zones.zone(kind, 0);
  const startPfn = start / PAGE_SIZE;
  const nrPages = (end - start) / PAGE_SIZE;
  pages.online(zone.id, startPfn, nrPages, [[startPfn, nrPages]]);
  zone.managed += nrPages;
  zone.present += nrPages;
  zone.bootPresent += nrPages;
}

function adoptZones(capture: Capture, zones: ZoneTable): void {
  for (const captured of capture.zones) {
    const zone = zones.zone(captured.kind, captured.node);
    zone.managed = captured.managed;
    zone.present = captured.present;
    const { min, low, high, boost } = captured;
    zones.adoptMarks(zone, { min: min - boost, low: low - boost, high: high - boost }, boost);
  }
  zones.settleMinFree();
}

/** A driver with larger subblocks than the captured guest's can meet holes smaller than its own. */
function assertWholeSubblocks(device: VirtioMemDevice, profile: LinuxProfile): void {
  const { subblockMinimumSize: size } = profile.driver;
  const blocks = size / device.blockSize;
  if (blocks <= 1) return;
  for (const [start, count] of device.pluggedRuns()) {
    const ragged = [start, start + count].find((edge) => edge % blocks !== 0);
    if (ragged === undefined) continue;
    const offset = Math.floor(ragged / blocks) * size;
    throw new RangeError(
      `subblockSize must be at most ${formatSize(PAGEBLOCK_SIZE)} for this guest, got ${formatSize(size)} by profile ${profile.name}: ` +
        `the subblock at ${formatSize(offset)} from the region start is plugged in part only`,
    );
  }
}

/** Without references, the caches' sizes tell how many pages without flags are free. */
function settleZones(capture: Capture, pages: PageMemory, zones: ZoneTable): void {
  for (const { kind, node, cpus } of capture.zones) {
    const cached = cpus.reduce((sum, { count }) => sum + count, 0);
    pages.settleZone(zones.zone(kind, node).id, cached);
  }
}

/** The per-CPU caches as zoneinfo gives their limits, with the pages that were found in them. */
function adoptCaches(capture: Capture, pages: PageMemory, zones: ZoneTable): void {
  if (capture.pageState === undefined) {
    throw new RangeError("keepCaches must be false for a capture without extended page state");
  }
  for (const { kind, node, cpus } of capture.zones) {
    const { id } = zones.zone(kind, node);
    const [first] = cpus;
    if (first === undefined) continue;
    pages.setCache(id, cpus.length, first.batch, first.high);
    pages.adoptCache(id);
  }
}

function inRegion(capture: Capture, id: number): boolean {
  const { regionStart, regionSize } = capture.device;
  const address = id * capture.memoryBlockSize;
  return address >= regionStart && address < regionStart + regionSize;
}

/** Which device blocks are plugged: as the hypervisor says, else by PG_offline; offline memory counts as plugged. */
function pluggedRuns(capture: Capture, pages: PageMemory): readonly DeviceBlockRun[] {
  if (capture.device.pluggedRuns !== undefined) return capture.device.pluggedRuns;
  const { regionStart, blockSize } = capture.device;
  const runs: [first: number, nr: number][] = [];
  const add = (address: number, size: number): void => {
    const first = (address - regionStart) / blockSize;
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === first) last[1] += size / blockSize;
    else runs.push([first, size / blockSize]);
  };
  for (const { id, state } of capture.memoryBlocks) {
    if (!inRegion(capture, id)) continue;
    const start = id * capture.memoryBlockSize;
    if (state === "offline") {
      add(start, capture.memoryBlockSize);
      continue;
    }
    for (const [pfn, nr] of pluggedPages(capture, pages, id)) add(pfn * PAGE_SIZE, nr * PAGE_SIZE);
  }
  return runs;
}

/** Runs of an online memory block's pages that are plugged, in units of a device block or, where that is larger, the memory block. */
function* pluggedPages(
  capture: Capture,
  pages: PageMemory,
  id: number,
): Generator<readonly [startPfn: number, nrPages: number]> {
  const nrPages = capture.memoryBlockSize / PAGE_SIZE;
  const step = Math.min(capture.device.blockSize / PAGE_SIZE, nrPages);
  for (const [startPfn, nr, pageClass] of pages.runsOfClass(id * nrPages, nrPages, step)) {
    if (pageClass === PageClass.Offline || pageClass === PageClass.NeverOnlined) continue;
    yield [startPfn, nr];
  }
}

/** Hands the device's memory blocks to the hotplug books; boot memory is what remains of each zone. */
function adoptMemoryBlocks(
  capture: Capture,
  pages: PageMemory,
  zones: ZoneTable,
  hotplug: MemoryHotplug,
  memmaps: ReadonlyMap<number, number>,
): void {
  const pagesPerBlock = capture.memoryBlockSize / PAGE_SIZE;
  for (const zone of zones.all()) zone.bootPresent = zone.present;
  for (const { id, state } of capture.memoryBlocks) {
    if (!inRegion(capture, id)) continue;
    const start = id * pagesPerBlock;
    const runs: [number, number][] = [];
    for (let section = 0; section < capture.memoryBlockSize / SECTION_SIZE; section++) {
      const pfn = memmaps.get(id * capture.memoryBlockSize + section * SECTION_SIZE);
      if (pfn !== undefined && isMemmap(pages, pfn)) runs.push([pfn, PAGEBLOCK_PAGES]);
    }
    const zoneId = state === "online" ? pages.zoneIndex(start) : undefined;
    if (zoneId === undefined) {
      hotplug.adopt(id, undefined, 0, runs);
      continue;
    }
    const zone = zones.byId(zoneId);
    zone.bootPresent -= pagesPerBlock;
    let managed = 0;
    for (const [, nr] of pluggedPages(capture, pages, id)) managed += nr;
    hotplug.adopt(id, zone, managed, runs);
  }
}

function isMemmap(pages: PageMemory, pfn: number): boolean {
  return classOfState(pages.pageState(pfn)) === PageClass.Memmap;
}

function driverParameters(capture: Capture, profile: LinuxProfile): DriverParameters {
  const { forceBigBlocks, bigBlockSize, bigBlockSafeUnplug, unplugOnline } = capture.settings;
  return {
    ...(profile.driver.unplugOnlineParameter ? { unplugOnline } : {}),
    ...(profile.driver.bigBlockMode ? { forceBbm: forceBigBlocks } : {}),
    ...(bigBlockSize > 0 ? { bbmBlockSize: bigBlockSize } : {}),
    ...(profile.driver.unsafeBigBlockUnplug ? { bbmSafeUnplug: bigBlockSafeUnplug } : {}),
  };
}
