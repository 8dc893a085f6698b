import type { Capture } from "../capture/capture.js";
import {
  classOfState,
  PAGE_SIZE,
  PAGEBLOCK_PAGES,
  PAGEBLOCK_SIZE,
  PageClass,
} from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import { SECTION_SIZE } from "../linux/memmap.js";
import type { MemoryHotplug } from "../linux/memory-hotplug.js";
import type { LinuxProfile } from "../linux/profile.js";
import type { ZoneTable } from "../linux/zone-table.js";
import { formatSize } from "../units.js";
import type { DeviceBlockRun, VirtioMemDevice } from "../virtio-mem/device/device.js";
import type { DriverParameters } from "../virtio-mem/driver/parameters.js";

// What a capture says of a guest's memory, made the books of a model.

/** Makes the zones of a captured guest, with their books and marks. */
export function adoptZones(capture: Capture, zones: ZoneTable): void {
  for (const captured of capture.zones) {
    const zone = zones.zone(captured.kind, captured.node);
    zone.managed = captured.managed;
    zone.present = captured.present;
    zone.spanStart = captured.startPfn;
    zone.spanEnd = captured.startPfn + captured.spanned;
    zones.totalRam += captured.managed;
    const { min, low, high, boost } = captured;
    zones.adoptMarks(zone, { min: min - boost, low: low - boost, high: high - boost }, boost);
  }
  zones.settleMinFree();
}

/** A driver with larger subblocks than the captured guest's can meet holes smaller than its own. */
export function assertWholeSubblocks(device: VirtioMemDevice, profile: LinuxProfile): void {
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
export function settleZones(capture: Capture, pages: PageMemory, zones: ZoneTable): void {
  for (const { kind, node, cpus } of capture.zones) {
    const cached = cpus.reduce((sum, { count }) => sum + count, 0);
    pages.loader.settleZone(zones.zone(kind, node).id, cached);
  }
}

/** The per-CPU caches as zoneinfo gives their limits, with the pages that were found in them. */
export function adoptCaches(capture: Capture, pages: PageMemory, zones: ZoneTable): void {
  if (capture.pageState === undefined) {
    throw new RangeError("keepCaches must be false for a capture without extended page state");
  }
  for (const { kind, node, cpus } of capture.zones) {
    const { id } = zones.zone(kind, node);
    const [first] = cpus;
    if (first === undefined) continue;
    pages.setCache(id, cpus.length, first.batch, first.high);
    pages.loader.adoptCache(id);
  }
}

function inRegion(capture: Capture, id: number): boolean {
  const { regionStart, regionSize } = capture.device;
  const address = id * capture.memoryBlockSize;
  return address >= regionStart && address < regionStart + regionSize;
}

/** Which device blocks are plugged: as the hypervisor says, else by PG_offline; offline memory counts as plugged. */
export function pluggedRuns(capture: Capture, pages: PageMemory): readonly DeviceBlockRun[] {
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
export function adoptMemoryBlocks(
  capture: Capture,
  pages: PageMemory,
  zones: ZoneTable,
  hotplug: MemoryHotplug,
  memmaps: ReadonlyMap<number, number>,
): void {
  const pagesPerBlock = capture.memoryBlockSize / PAGE_SIZE;
  const firstPfn = capture.device.regionStart / PAGE_SIZE;
  for (const zone of zones.all()) zone.bootPresent = zone.present;
  for (const { id, state } of capture.memoryBlocks) {
    if (!inRegion(capture, id)) continue;
    const start = id * pagesPerBlock;
    const memmap: number[] = [];
    for (let section = 0; section < capture.memoryBlockSize / SECTION_SIZE; section++) {
      const pfn = memmaps.get(id * capture.memoryBlockSize + section * SECTION_SIZE);
      if (pfn !== undefined && isMemmap(pages, pfn)) memmap.push(pfn, PAGEBLOCK_PAGES);
    }
    const zoneId = state === "online" ? pages.zoneIndex(start) : undefined;
    if (zoneId === undefined) {
      hotplug.adopt(id, undefined, 0, memmap);
      continue;
    }
    const zone = zones.byId(zoneId);
    zone.bootPresent -= pagesPerBlock;
    let managed = 0;
    for (const [, nr] of pluggedPages(capture, pages, id)) managed += nr;
    hotplug.adopt(id, zone, managed, memmap);
  }
  for (const zone of zones.all()) {
    if (zone.bootPresent > 0) zone.bootEnd = Math.min(zone.spanEnd, firstPfn);
  }
}

function isMemmap(pages: PageMemory, pfn: number): boolean {
  return classOfState(pages.pageState(pfn)) === PageClass.Memmap;
}

/** The module parameters of a captured guest, as far as the version knows them. */
export function driverParameters(capture: Capture, profile: LinuxProfile): DriverParameters {
  const { forceBigBlocks, bigBlockSize, bigBlockSafeUnplug, unplugOnline } = capture.settings;
  return {
    ...(profile.driver.unplugOnlineParameter ? { unplugOnline } : {}),
    ...(profile.driver.bigBlockMode ? { forceBbm: forceBigBlocks } : {}),
    ...(bigBlockSize > 0 ? { bbmBlockSize: bigBlockSize } : {}),
    ...(profile.driver.unsafeBigBlockUnplug ? { bbmSafeUnplug: bigBlockSafeUnplug } : {}),
  };
}
