/** The four requests of a driver (device.md section 4.1). */
export type RequestType = "PLUG" | "UNPLUG" | "UNPLUG_ALL" | "STATE";

export type ResponseType = "ACK" | "NACK" | "BUSY" | "ERROR";

/** Answer to STATE. */
export type BlocksState = "PLUGGED" | "UNPLUGGED" | "MIXED";

/** A request that names device blocks. */
export interface BlocksRequest {
  readonly type: "PLUG" | "UNPLUG" | "STATE";
  /** Guest physical address of the first device block; a driver may send any 64 bits. */
  readonly addr: number | bigint;
  /** Consecutive device blocks; 16 bits. */
  readonly nbBlocks: number;
}

export type Request = BlocksRequest | { readonly type: "UNPLUG_ALL" };

export interface Response {
  readonly type: ResponseType;
  /** Only in the ACK of a STATE request. */
  readonly state?: BlocksState;
}

/** What comes back for a request: `none` from a device that is broken or has no driver. */
export type Answer = Response | { readonly type: "none"; readonly state?: never };

/**
 * Does the device take requests? One that got a request it cannot read may need a reset by its
 * driver, or stop without a word.
 */
export type DeviceHealth = "working" | "needs-reset" | "stopped";

/** Largest number of device blocks in one request. */
export const MAX_NB_BLOCKS = 65535;

/** What the driver can read of the device (device.md section 2); sizes and addresses in bytes. */
export interface DeviceConfig {
  readonly blockSize: number;
  /** ACPI proximity domain; undefined where the device belongs to none. */
  readonly nodeId: number | undefined;
  readonly addr: number;
  readonly regionSize: number;
  readonly usableRegionSize: number;
  readonly pluggedSize: number;
  readonly requestedSize: number;
}

/** Feature bits of the device (device.md section 3). */
export const FeatureBit = {
  /** `nodeId` is valid. */
  AcpiPxm: 0,
  /** The driver must not even read unplugged memory. */
  UnpluggedInaccessible: 1,
  /** The guest may suspend to RAM with plugged memory. */
  PersistentSuspend: 2,
  Version1: 32,
} as const;

export type FeatureName = keyof typeof FeatureBit;

/** The features as the 64 bits that device and driver exchange. */
export function featureBits(features: Iterable<FeatureName>): bigint {
  let bits = 0n;
  for (const name of features) bits |= 1n << BigInt(FeatureBit[name]);
  return bits;
}
