import { formatSize } from "../../units.js";
import type { DeviceFlavour } from "./flavour.js";
import { assertMultiple, assertPowerOfTwo } from "../sizes.js";
import { optionError, shown } from "../../input-error.js";

/** Throws a RangeError unless a device of the flavour can have this place and these sizes. */
export function assertGeometry(
  { geometry, name }: DeviceFlavour,
  addr: number,
  regionSize: number,
  blockSize: number,
  nodeId: number | undefined,
): void {
  const { minimumBlockSize, maximumBlockSize, regionStep } = geometry;
  assertPowerOfTwo("blockSize", blockSize, minimumBlockSize);
  if (blockSize > maximumBlockSize) {
    throw optionError(
      `blockSize must be at most ${formatSize(maximumBlockSize)} with ${name}, ` +
        `got ${formatSize(blockSize)}`,
    );
  }
  assertMultiple("addr", addr, Math.max(blockSize, regionStep));
  assertMultiple("regionSize", regionSize, Math.max(blockSize, regionStep));
  if (!Number.isSafeInteger(addr + regionSize)) {
    throw optionError(
      `addr + regionSize must be less than 8 PiB, got ${formatSize(addr + regionSize)}`,
    );
  }
  if (nodeId !== undefined && !(Number.isInteger(nodeId) && nodeId >= 0 && nodeId <= 0xffff)) {
    throw optionError(`nodeId must be a whole number from 0 to 65535, got ${shown(nodeId)}`);
  }
}
