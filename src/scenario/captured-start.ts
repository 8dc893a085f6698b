import type { Capture } from "../capture/capture.js";
import { profileFor } from "../guest/profile-from-capture.js";
import type { BootRange } from "../guest/options.js";
import { PAGE_SIZE } from "../units.js";
import { DEFAULT_ONLINE_SETTINGS } from "../linux/online-policy.js";
import type { Fields } from "./file/fields.js";
import type { ScenarioDevice, ScenarioGuest } from "./scenario.js";

/** Keys that say what the capture shows. */
const TOLD_BY_CAPTURE = ["guest", "device", "devices"];

/** Guest and device of a scenario that goes on from a capture. */
export function resolveStart(
  fields: Fields,
  capture: Capture | undefined,
): { readonly guest: ScenarioGuest; readonly devices: [ScenarioDevice] } {
  const told = TOLD_BY_CAPTURE.find((key) => fields.has(key));
  if (told !== undefined) fields.reject(told, "must not stand beside start, whose guest it is");
  if (capture === undefined) {
    fields.reject(
      "start",
      "must be read by the caller, who passes the capture; the command run does",
    );
  }
  return { guest: guestOf(capture), devices: [deviceOf(capture)] };
}

function guestOf(capture: Capture): ScenarioGuest {
  return {
    bootRanges: bootRangesOf(capture),
    kernelMemory: 0,
    memoryBlockSize: capture.memoryBlockSize,
    profile: profileFor(capture, {}).profile.name,
    online: { ...DEFAULT_ONLINE_SETTINGS, ...capture.settings },
    subblockSize: undefined,
    driver: {},
    cachedCpus: 0,
  };
}

function deviceOf({ device }: Capture): ScenarioDevice {
  const runs = device.pluggedRuns ?? [];
  const plugged = runs.reduce((sum, [, nr]) => sum + nr, 0) * device.blockSize;
  return {
    name: "device 1",
    regionSize: device.regionSize,
    blockSize: device.blockSize,
    requestedSize: device.requestedSize ?? plugged,
    flavour: "qemu",
    node: device.node,
    vfio: false,
  };
}

/** What is System RAM, but for what virtio-mem has added. */
function bootRangesOf({ systemRam, device }: Capture): BootRange[] {
  const { regionStart, regionSize, otherRegions } = device;
  const regions = [[regionStart, regionStart + regionSize] as const, ...otherRegions];
  return systemRam
    .filter(([start]) => !regions.some(([from, to]) => start >= from && start < to))
    .map(([start, end]) => ({ start, size: wholePages(end - start), node: 0 }));
}

function wholePages(bytes: number): number {
  return Math.floor(bytes / PAGE_SIZE) * PAGE_SIZE;
}
