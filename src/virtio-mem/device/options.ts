import type { Log } from "../../log/event-log.js";
import type { DeviceBlockRun } from "./blocks.js";
import type { DeviceFlavour, FlavourName } from "./flavour.js";
import type { DeviceHost } from "./host.js";
import type { FeatureName } from "../protocol.js";

/** What a device is made from. */
export interface VirtioMemDeviceOptions {
  /** Guest physical start of the region, a multiple of `blockSize`. */
  readonly addr: number;
  /** Bytes of the region, a multiple of `blockSize`; 0 is allowed. */
  readonly regionSize: number;
  /** Bytes of a device block, a power of two; QEMU wants 1 MiB or more. Default: 2 MiB. */
  readonly blockSize?: number;
  /** Bytes that the guest shall have from the start, a multiple of `blockSize`. Default: 0. */
  readonly requestedSize?: number;
  /**
   * Device blocks that are plugged already, for a guest met in the middle of its life. They count
   * as usable whatever `requestedSize` says. Default: none.
   */
  readonly plugged?: readonly DeviceBlockRun[];
  /** Usable bytes, where a guest met in its life has more than its requested size gives. */
  readonly usableRegionSize?: number;
  /** ACPI proximity domain, 16 bits. Default: none. */
  readonly nodeId?: number;
  /** Whose device it is. Default: QEMU's on x86. */
  readonly flavour?: DeviceFlavour | FlavourName;
  /** Features that the host does not offer although the flavour would. Default: none. */
  readonly withoutFeatures?: readonly FeatureName[];
  /** The host behind the device, where it may fail. Default: it never does. */
  readonly host?: DeviceHost;
  /** Where requests and answers are written down. Default: nowhere. */
  readonly log?: Log;
}
