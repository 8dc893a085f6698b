import type { Capture } from "../capture/capture.js";
import { classOfState, PAGE_SIZE, PAGEBLOCK_PAGES, PageClass } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import { SECTION_SIZE } from "../linux/memmap.js";
import type { DeviceBlockRun } from "../virtio-mem/device/device.js";
import type { GuestMemory } from "./setting.js";

function inRegion(capture: Capture, id: number): boolean {
  const { regionStart, regionSize } = capture.device;
  const address = id * capture.memoryBlockSize;
  return address >= regionStart && address < regionStart + regionSize;
}

/**
 * Which device blocks are plugged: as the hypervisor says, else by PG_offline; offline memory
 * counts as plugged.
 */
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

/**
 * Runs of an online memory block's pages that are plugged, in units of a device block or, where
 * that is larger, the memory block.
 */
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

/** Hands the device's memory blocks to memory hotplug; boot memory is what remains of each zone. */
export function adoptMemoryBlocks(
  capture: Capture,
  { pages, zones, hotplug }: GuestMemory,
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
