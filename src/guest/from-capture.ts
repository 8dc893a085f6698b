import type { Capture } from "../capture/capture.js";
import { hasReferences } from "../capture/references.js";
import { PAGEBLOCK_PAGES, PAGEBLOCK_SIZE } from "../core/abi.js";
import type { LoadSummary } from "../core/page-loader.js";
import { MemoryHotplug } from "../linux/memory-hotplug.js";
import type { LinuxProfile } from "../linux/profile.js";
import { formatSize } from "../units.js";
import type { DeviceBlockRun, VirtioMemDevice } from "../virtio-mem/device/device.js";
import type { DriverParameters } from "../virtio-mem/driver/parameters.js";
import { adoptMemoryBlocks, pluggedRuns } from "./captured-blocks.js";
import { orderFreeLists } from "./kernel-lists.js";
import type { GuestSample, LoadedCapture } from "./loaded-capture.js";
import type { GuestMemory, GuestSetting } from "./setting.js";
import { optionError } from "../input-error.js";

/** The memory of a captured guest, and what the capture says of its device. */
export interface CapturedMemory extends GuestMemory {
  /** Device blocks that are plugged. */
  readonly plugged: readonly DeviceBlockRun[];
  /** What had to be guessed. */
  readonly loaded: LoadSummary;
}

/**
 * Rebuilds the memory of a captured guest from its pages: what only a look at the whole guest can
 * tell, free lists, memory blocks.
 *
 * @param sample - pageblocks turn out otherwise than they count. Default: none does.
 */
export function memoryOfLoaded(
  from: LoadedCapture,
  { profile, policy, clock, calibration }: GuestSetting,
  sample?: GuestSample,
): CapturedMemory {
  const { capture, pages } = from;
  const zones = from.begin();
  const memmaps = sample?.isKernelOut === true ? kernelTakenOut(from) : from.memmaps;
  for (const [kind, chance] of sample?.chances ?? []) pages.loader.setDoubtChance(kind, chance);
  pages.loader.setHiddenPinChance(sample?.pinChance ?? 0);
  const loaded = pages.loader.finishLoad(hasReferences(capture), sample?.seed);
  const lists = orderFreeLists(capture, pages, zones, sample !== undefined);
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
  return { pages, zones, hotplug, plugged, loaded: { ...loaded, ...lists } };
}

/** Returns where the memmaps lie then. Those that find no room stay. */
function kernelTakenOut({ capture, pages, memmaps }: LoadedCapture): ReadonlyMap<number, number> {
  const { regionStart, regionSize } = capture.device;
  const first = Math.ceil(regionStart / PAGEBLOCK_SIZE);
  const last = Math.floor((regionStart + regionSize) / PAGEBLOCK_SIZE);
  pages.loader.takeKernelOut(first * PAGEBLOCK_PAGES, (last - first) * PAGEBLOCK_PAGES);
  return new Map(
    [...memmaps].map(([section, pfn]) => [section, pages.loader.takeMemmapOut(pfn) ?? pfn]),
  );
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
    throw optionError(
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
