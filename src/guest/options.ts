import type { LoadOptions } from "./load-pages.js";
import type { CoreSource } from "../core/load.js";
import type { Calibration } from "../linux/calibration.js";
import type { OnlineSettings } from "../linux/online-policy.js";
import type { ProfileName } from "../linux/profile.js";
import type { PolicyChoice } from "../policies/choice/resolve-policy.js";
import type { DeviceFlavour, FlavourName } from "../virtio-mem/device/flavour.js";
import type { DeviceHost } from "../virtio-mem/device/host.js";
import type { DriverParameters } from "../virtio-mem/driver/parameters.js";

/** What any guest may be told. */
export interface GuestOptions {
  /** Linux version. Default: v6.1. */
  readonly profile?: ProfileName;
  /** Price list of the steps. Default: DEFAULT_CALIBRATION. */
  readonly calibration?: Calibration;
  /** Where the core comes from; see loadCore(). */
  readonly core?: CoreSource;
  /** Module parameters of the driver. */
  readonly driver?: DriverParameters;
  /**
   * How it unplugs: policies by name, joined by `+`, or as objects. Default: as the Linux version
   * does.
   */
  readonly policy?: PolicyChoice;
  /**
   * Bytes of the driver's subblock where it is not the version's own: a power of two from 2 MiB on.
   */
  readonly subblockSize?: number;
}

/** What a snapshot of a guest cannot hold. */
export interface RestoreOptions {
  /** Where the core comes from; see loadCore(). */
  readonly core?: CoreSource;
  /** The policy again, where it was not only names. */
  readonly policy?: PolicyChoice;
  /** The hosts behind the devices, where they may fail, by device. Default: they never do. */
  readonly hosts?: readonly (DeviceHost | undefined)[];
}

/** Memory that a guest boots with: `size` bytes from guest physical address `start` on. */
export interface BootRange {
  /** Guest physical address in bytes. */
  readonly start: number;
  /** Bytes. */
  readonly size: number;
  /** NUMA node. Default: 0. */
  readonly node?: number;
}

/** A device of a new guest. */
export interface NewDeviceOptions {
  /** Bytes of the device region, a multiple of the block size. Default: 4 GiB. */
  readonly regionSize?: number;
  /**
   * Guest physical address of the region, a multiple of the block size. Default: the next memory
   * block after all that comes before, above 4 GiB.
   */
  readonly regionStart?: number;
  /** Bytes of a device block, a power of two. Default: 2 MiB. */
  readonly blockSize?: number;
  /** NUMA node of its memory. Default: 0. */
  readonly node?: number;
  /** Whose device it is. Default: QEMU's on x86. */
  readonly flavour?: DeviceFlavour | FlavourName;
  /**
   * The host behind the device, where it may fail or its work takes time. Default: it never does.
   */
  readonly host?: DeviceHost;
}

/** A new guest: boot memory, nothing in use but what the kernel takes to add memory. */
export interface NewGuestOptions extends GuestOptions, NewDeviceOptions {
  /** Bytes, whole pages, at least 128 MiB. Default: 1 GiB. */
  readonly bootSize?: number;
  /** Boot memory where it lies elsewhere or on several NUMA nodes; instead of `bootSize`. */
  readonly bootRanges?: readonly BootRange[];
  /** Its virtio-mem devices. Default: one, as the fields of this object say. */
  readonly devices?: readonly NewDeviceOptions[];
  /** Bytes of a memory block, 128 MiB to 2 GiB. Default: 128 MiB. */
  readonly memoryBlockSize?: number;
  /** Who brings added memory online, and where. Default: `online` by the policy contig-zones. */
  readonly online?: Partial<OnlineSettings>;
}

/** How a captured guest is loaded and goes on. */
export interface CapturedGuestOptions extends Omit<GuestOptions, "profile">, LoadOptions {
  /**
   * Linux version. Default: `auto`, by the release that the capture names and by what else it
   * shows, see {@link Guest.kernel}.
   */
  readonly profile?: ProfileName | "auto";
  /**
   * The host behind the device, where it may fail or its work takes time. Default: it never does.
   */
  readonly host?: DeviceHost;
}
