import type { NewDeviceOptions } from "./options.js";
import { formatSize, GiB, MiB } from "../units.js";
import type { VirtioMemDeviceOptions } from "../virtio-mem/device/device.js";
import { optionError } from "../input-error.js";

type DevicePlace = VirtioMemDeviceOptions & Required<Pick<NewDeviceOptions, "regionSize">>;

/**
 * Where each device of a guest lies: one after the other from `start` on, unless it says so itself.
 *
 * @throws RangeError if one says a place that is taken, or there is none.
 */
export function placeDevices(
  devices: readonly NewDeviceOptions[],
  start: number,
  memoryBlockSize: number,
): DevicePlace[] {
  if (devices.length === 0) throw optionError("devices must hold at least one, got none");
  let next = start;
  const places = devices.map((options) => {
    const { regionSize = 4 * GiB, blockSize = 2 * MiB, regionStart, node, flavour, host } = options;
    const unit = Math.max(memoryBlockSize, blockSize);
    const addr = regionStart ?? Math.ceil(next / unit) * unit;
    if (addr < next) {
      const found = formatSize(addr);
      throw optionError(
        `regionStart must lie above all boot memory and devices before it (${formatSize(next)}), got ${found}`,
      );
    }
    next = addr + regionSize;
    return {
      addr,
      regionSize,
      blockSize,
      ...(node === undefined ? {} : { nodeId: node }),
      ...(flavour === undefined ? {} : { flavour }),
      ...(host === undefined ? {} : { host }),
    };
  });
  return places;
}
