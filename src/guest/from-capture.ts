import type { Capture } from "../capture/capture.js";
import { PAGE_SIZE, PAGEBLOCK_SIZE } from "../core/abi.js";
import type { LoadSummary } from "../core/page-loader.js";
import { PageMemory } from "../core/page-memory.js";
import { MemoryHotplug } from "../linux/memory-hotplug.js";
import type { LinuxProfile } from "../linux/profile.js";
import { ZoneTable } from "../linux/zone-table.js";
import { formatSize } from "../units.js";
import type { DeviceBlockRun, VirtioMemDevice } from "../virtio-mem/device/device.js";
import type { DriverParameters } from "../virtio-mem/driver/parameters.js";
import { adoptMemoryBlocks, pluggedRuns } from "./captured-blocks.js";
import { adoptCaches, adoptZones, settleZones } from "./captured-zones.js";
import { loadPages } from "./load-pages.js";
import { memmapsOf } from "./memmaps.js";
import type { CapturedGuestOptions } from "./options.js";
import type { GuestMemory, GuestSetting } from "./setting.js";

/** The memory of a captured guest, and what the capture says of its device. */
export interface CapturedMemory extends GuestMemory {
  /** Device blocks that are plugged. */
  readonly plugged: readonly DeviceBlockRun[];
  /** What had to be guessed. */
  readonly loaded: LoadSummary;
}

/**
 * Rebuilds the memory of a captured guest, in phases of which each needs the one before: zones, page
 * flags, the memmaps of added memory, what only a look at the whole guest can tell, free lists,
 * memory blocks.
 *
 * @throws CaptureError if the capture contradicts itself or ends early.
 */
export async function memoryFromCapture(
  capture: Capture,
  { profile, policy, clock, calibration }: GuestSetting,
  options: CapturedGuestOptions,
): Promise<CapturedMemory> {
  const pages = await PageMemory.create(endOf(capture) / PAGE_SIZE, profile.mm, options.core);
  const zones = new ZoneTable(pages, { minFreeLimitKib: profile.mm.minFreeLimitSize / 1024 });
  adoptZones(capture, zones);
  await loadPages(capture, pages, zones, options);
  const memmaps = memmapsOf(capture, pages);
  const hasReferences = capture.pageState !== undefined;
  if (!hasReferences) settleZones(capture, pages, zones);
  if (options.keepCaches === true) adoptCaches(capture, pages, zones);
  const loaded = pages.loader.finishLoad(hasReferences);
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
  adoptMemoryBlocks(capture, { pages, zones, hotplug }, memmaps);
  return { pages, zones, hotplug, plugged, loaded };
}

/** Where the guest's physical memory ends, in bytes. */
function endOf({ device, memoryBlocks, memoryBlockSize }: Capture): number {
  const endOfBlocks = Math.max(...memoryBlocks.map(({ id }) => id + 1), 0);
  return Math.max(device.regionStart + device.regionSize, endOfBlocks * memoryBlockSize);
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
