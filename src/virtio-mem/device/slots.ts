import type { VirtioMemDevice } from "./device.js";
import { GiB } from "../../units.js";
import { optionError, shown } from "../../input-error.js";

/**
 * Bytes of a memory slot where QEMU maps the region in parts (`dynamic-memslots`): a GiB, a device
 * block, or the region by the slots it may take, whichever is largest.
 *
 * @param device - Its region and block size.
 * @param allowedSlots - Memory slots that the device may take, from 1 on.
 * @throws RangeError if `allowedSlots` is no whole number from 1 on.
 *
 * @example
 * ```js
 * import { dynamicSlotSize, VirtioMemDevice } from "virtio-mem-engine/device";
 *
 * const device = new VirtioMemDevice({ addr: 2 ** 32, regionSize: 2 ** 36 });
 * console.log(dynamicSlotSize(device, 8)); // 8589934592
 * ```
 */
export function dynamicSlotSize(
  device: Pick<VirtioMemDevice, "regionSize" | "blockSize">,
  allowedSlots: number,
): number {
  if (!Number.isSafeInteger(allowedSlots) || allowedSlots < 1) {
    throw optionError(`allowedSlots must be a whole number from 1 on, got ${shown(allowedSlots)}`);
  }
  const { regionSize, blockSize } = device;
  const share = Math.ceil(regionSize / allowedSlots / blockSize) * blockSize;
  return Math.max(GiB, blockSize, share);
}

/**
 * Numbers of the slots that hold a plugged block, ascending: the others are not mapped, or fenced.
 *
 * @param device - Its block size and plugged blocks.
 * @param slotSize - Bytes of a slot, a multiple of the device block; see {@link dynamicSlotSize}.
 *
 * @example
 * ```js
 * import { mappedSlots, VirtioMemDevice } from "virtio-mem-engine/device";
 *
 * const device = new VirtioMemDevice({
 *   addr: 2 ** 32,
 *   regionSize: 2 ** 32,
 *   plugged: [[512, 4]],
 * });
 * console.log(mappedSlots(device, 2 ** 30)); // [ 1 ]
 * ```
 */
export function mappedSlots(
  device: Pick<VirtioMemDevice, "blockSize" | "pluggedRuns">,
  slotSize: number,
): number[] {
  const slots: number[] = [];
  for (const [start, count] of device.pluggedRuns()) {
    const last = Math.floor(((start + count) * device.blockSize - 1) / slotSize);
    const first = Math.floor((start * device.blockSize) / slotSize);
    for (let slot = Math.max(first, (slots.at(-1) ?? -1) + 1); slot <= last; slot++) {
      slots.push(slot);
    }
  }
  return slots;
}
