import { PAGE_SIZE, PAGEBLOCK_PAGES } from "../core/abi.js";
import { PageMemory } from "../core/page-memory.js";
import type { ZoneKind } from "../core/zone-kind.js";
import { SECTION_SIZE } from "../linux/memmap.js";
import { MemoryHotplug } from "../linux/memory-hotplug.js";
import { DEFAULT_ONLINE_SETTINGS } from "../linux/online-policy.js";
import { extendSpan } from "../linux/zone-span.js";
import { ZoneTable, type Zone } from "../linux/zone-table.js";
import { assertMultiple } from "../virtio-mem/sizes.js";
import type { BootRange, NewGuestOptions } from "./options.js";
import type { GuestMemory, GuestSetting } from "./setting.js";
import { formatSize, GiB, MiB } from "../units.js";
import { optionError } from "../input-error.js";

/** Where memory above the 32-bit hole starts on x86. */
const HIGH_MEMORY = 4 * GiB;
/** Boot memory below the hole, as QEMU's q35 lays it out. */
const LOW_MEMORY_LIMIT = 2 * GiB;
const DMA_PAGES = (16 * MiB) / PAGE_SIZE;
const HIGH_PFN = HIGH_MEMORY / PAGE_SIZE;

type Run = readonly [startPfn: number, nrPages: number];

/**
 * Boot memory as QEMU's q35 lays it out: up to 2 GiB below the 32-bit hole, the rest above.
 *
 * @throws RangeError if `bootSize` is no multiple of the page size, or less than a section.
 */
export function bootRangesOf(bootSize: number): BootRange[] {
  assertMultiple("bootSize", bootSize, PAGE_SIZE);
  if (bootSize < SECTION_SIZE) {
    throw optionError(
      `bootSize must be at least ${formatSize(SECTION_SIZE)}, got ${formatSize(bootSize)}`,
    );
  }
  const low = Math.min(bootSize, LOW_MEMORY_LIMIT);
  const ranges = [{ start: 0, size: low }];
  if (bootSize > low) ranges.push({ start: HIGH_MEMORY, size: bootSize - low });
  return ranges;
}

/**
 * Where a device's memory can begin: above all boot memory and the 32-bit hole.
 *
 * @throws RangeError if a range is no whole number of bytes, or two overlap.
 */
export function endOfBoot(ranges: readonly BootRange[]): number {
  let end = 0;
  for (const { start, size } of [...ranges].sort((a, b) => a.start - b.start)) {
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(size) || start < 0 || size <= 0) {
      throw optionError(
        `bootRanges must be ranges of whole bytes, got ${size} bytes from ${start} on`,
      );
    }
    if (start < end) throw optionError(`bootRanges must not overlap, got two ranges at ${start}`);
    end = start + size;
  }
  if (ranges.length === 0) throw optionError("bootRanges must hold a range, got none");
  return Math.max(end, HIGH_MEMORY);
}

/**
 * The memory of a guest that has just booted, up to the byte `end`: what is not boot memory is
 * absent.
 */
export async function bootedMemory(
  boot: readonly BootRange[],
  end: number,
  { profile, policy, clock, calibration }: GuestSetting,
  options: NewGuestOptions,
): Promise<GuestMemory> {
  const pages = await PageMemory.create(end / PAGE_SIZE, profile.mm, options.core);
  const zones = ZoneTable.of(pages, profile.mm);
  bringUp(pages, zones, boot);
  zones.recompute();
  const hotplug = new MemoryHotplug({
    pages,
    zones,
    memoryBlockSize: options.memoryBlockSize ?? SECTION_SIZE,
    online: { ...DEFAULT_ONLINE_SETTINGS, ...options.online, ...policy.online },
    memmap: policy.memmap,
    profile,
    clock,
    calibration,
    node: 0,
  });
  return { pages, zones, hotplug };
}

/** Brings boot memory online, all of it free; only whole pages of the ranges count. */
export function bringUp(pages: PageMemory, zones: ZoneTable, ranges: readonly BootRange[]): void {
  const runsOfZone = new Map<Zone, Run[]>();
  for (const { start, size, node = 0 } of ranges) {
    const first = Math.ceil(start / PAGE_SIZE);
    const end = Math.floor((start + size) / PAGE_SIZE);
    for (const [kind, low, high] of ZONE_BOUNDS) {
      const [from, to] = [Math.max(first, low), Math.min(end, high)];
      if (from >= to) continue;
      const zone = zones.zone(kind, node);
      const runs = runsOfZone.get(zone) ?? [];
      runsOfZone.set(zone, [...runs, [from, to - from]]);
    }
  }
  for (const [zone, runs] of runsOfZone) bringUpZone(pages, zone, runs);
  for (const { managed } of zones.all()) zones.totalRam += managed;
}

const ZONE_BOUNDS: readonly (readonly [kind: ZoneKind, low: number, high: number])[] = [
  ["DMA", 0, DMA_PAGES],
  ["DMA32", DMA_PAGES, HIGH_PFN],
  ["Normal", HIGH_PFN, Infinity],
];

function bringUpZone(pages: PageMemory, zone: Zone, runs: readonly Run[]): void {
  const sorted = [...runs].sort((a, b) => a[0] - b[0]);
  for (const [start, end] of pageblocksOf(sorted)) {
    const inside = sorted.filter(([at]) => at >= start && at < end);
    pages.online(zone.id, start, end - start, inside);
  }
  for (const [start, nr] of sorted) {
    zone.managed += nr;
    zone.present += nr;
    zone.bootPresent += nr;
    zone.bootEnd = Math.max(zone.bootEnd, start + nr);
    extendSpan(zone, start, start + nr);
  }
}

/** Whole pageblocks that hold the runs, as spans [start, end) that do not touch. */
function pageblocksOf(runs: readonly Run[]): [start: number, end: number][] {
  const spans: [number, number][] = [];
  for (const [start, nr] of runs) {
    const first = start - (start % PAGEBLOCK_PAGES);
    const end = Math.ceil((start + nr) / PAGEBLOCK_PAGES) * PAGEBLOCK_PAGES;
    const last = spans.at(-1);
    if (last !== undefined && last[1] >= first) last[1] = Math.max(last[1], end);
    else spans.push([first, end]);
  }
  return spans;
}
