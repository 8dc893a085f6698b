import type { DriverProfile } from "../driver-profile.js";
import { formatSize } from "../../units.js";
import { assertPowerOfTwo } from "../sizes.js";
import { optionError } from "../../input-error.js";

/** Module parameters of the driver. */
export interface DriverParameters {
  /** May online memory be unplugged? Default: true; older drivers know nothing else. */
  readonly unplugOnline?: boolean;
  /** Big-block mode even where sub-block mode is possible. Default: false. */
  readonly forceBbm?: boolean;
  /**
   * Bytes of a big block, a power of two of at least a memory block and a device block. Default:
   * the larger of the two.
   */
  readonly bbmBlockSize?: number;
  /** Take the pages of a big block before it is offlined. Default: true; only v5.11 to v6.4 ask. */
  readonly bbmSafeUnplug?: boolean;
}

/** What the parameters, the version and the sizes around give (docs/spec/driver.md). */
export interface DriverGeometry {
  /** Bytes of a memory block. */
  readonly memoryBlockSize: number;
  /** Bytes of a device block. */
  readonly deviceBlockSize: number;
  /** Bytes of a subblock, the unit in which sub-block mode unplugs. */
  readonly subblockSize: number;
  /** Undefined in sub-block mode. */
  readonly bigBlockSize: number | undefined;
}

/**
 * @throws RangeError if the version has no mode for these sizes, or a parameter breaks its rule.
 */
export function driverGeometry(
  profile: DriverProfile,
  parameters: DriverParameters,
  deviceBlockSize: number,
  memoryBlockSize: number,
): DriverGeometry {
  assertKnownParameters(profile, parameters);
  const subblockSize = Math.max(deviceBlockSize, profile.subblockMinimumSize);
  const largest = profile.bigBlockMode ? Infinity : memoryBlockSize;
  if (subblockSize > largest) {
    const isDevice = deviceBlockSize === subblockSize;
    throw optionError(
      `${isDevice ? "blockSize" : "subblockSize"} must be at most a memory block (${formatSize(largest)}) ` +
        `without big-block mode, got ${formatSize(subblockSize)}`,
    );
  }
  const sizes = { memoryBlockSize, deviceBlockSize, subblockSize };
  const inSubBlocks =
    !profile.bigBlockMode || (subblockSize < memoryBlockSize && parameters.forceBbm !== true);
  if (inSubBlocks) return { ...sizes, bigBlockSize: undefined };

  const minimum = Math.max(deviceBlockSize, memoryBlockSize);
  const bigBlockSize = parameters.bbmBlockSize ?? minimum;
  assertPowerOfTwo("bbmBlockSize", bigBlockSize, minimum);
  return { ...sizes, bigBlockSize };
}

function assertKnownParameters(profile: DriverProfile, parameters: DriverParameters): void {
  if (parameters.unplugOnline === false && !profile.unplugOnlineParameter) {
    throw optionError("unplugOnline must be true in a driver without the parameter, got false");
  }
  if (parameters.forceBbm === true && !profile.bigBlockMode) {
    throw optionError("forceBbm must be false in a driver without big-block mode, got true");
  }
  if (parameters.bbmSafeUnplug === false && !profile.unsafeBigBlockUnplug) {
    throw optionError("bbmSafeUnplug must be true in a driver without the choice, got false");
  }
}
