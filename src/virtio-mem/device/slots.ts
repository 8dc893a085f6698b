import type { VirtioMemDevice } from "./device.js";
import { GiB } from "../../units.js";
import { optionError } from "../../input-error.js";

/**
 * Bytes of a memory slot where QEMU maps the region in parts: a GiB, a device block, or the region
 * by the slots it may take, whichever is largest (device.md section 8).
 */
export function dynamicSlotSize(
  device: Pick<VirtioMemDevice, "regionSize" | "blockSize">,
  allowedSlots: number,
): number {
  if (!Number.isSafeInteger(allowedSlots) || allowedSlots < 1) {
    throw optionError(`allowedSlots must be a whole number from 1 on, got ${allowedSlots}`);
  }
  const { regionSize, blockSize } = device;
  const share = Math.ceil(regionSize / allowedSlots / blockSize) * blockSize;
  return Math.max(GiB, blockSize, share);
}

/**
 * Numbers of the slots that hold a plugged block, ascending: the others are not mapped, or fenced.
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
