/** The four requests of a driver (docs/spec/device.md, "Requests"). */
export type RequestType = "PLUG" | "UNPLUG" | "UNPLUG_ALL" | "STATE";

/** What the device answers: done, refused, busy, or wrong. */
export type ResponseType = "ACK" | "NACK" | "BUSY" | "ERROR";

/** Answer to STATE. */
export type BlocksState = "PLUGGED" | "UNPLUGGED" | "MIXED";

/** A request that names device blocks. */
export interface BlocksRequest {
  /** PLUG, UNPLUG, or STATE, which asks whether blocks are plugged. */
  readonly type: "PLUG" | "UNPLUG" | "STATE";
  /** Guest physical address of the first device block; a driver may send any 64 bits. */
  readonly addr: number | bigint;
  /** Consecutive device blocks; 16 bits. */
  readonly nbBlocks: number;
}

/** A request of the driver. */
export type Request =
  | BlocksRequest
  | {
      /** Everything that is plugged. */
      readonly type: "UNPLUG_ALL";
    };

/** The device's answer to a request. */
export interface Response {
  /** Accepted, or why not. */
  readonly type: ResponseType;
  /** Only in the ACK of a STATE request. */
  readonly state?: BlocksState;
}

/** What comes back for a request: `none` from a device that is broken or has no driver. */
export type Answer =
  | Response
  | {
      /** No answer came. */
      readonly type: "none";
      /** Never there. */
      readonly state?: never;
    };

/**
 * Does the device take requests? One that got a request it cannot read may need a reset by its
 * driver, or stop without a word.
 */
export type DeviceHealth = "working" | "needs-reset" | "stopped";

/** Largest number of device blocks in one request. */
export const MAX_NB_BLOCKS = 65535;

/**
 * What the driver can read of the device (docs/spec/device.md, "Config space"); sizes and addresses
 * in bytes.
 */
export interface DeviceConfig {
  /** Bytes of a device block. */
  readonly blockSize: number;
  /** ACPI proximity domain; undefined where the device belongs to none. */
  readonly nodeId: number | undefined;
  /** Guest physical start of the region in bytes. */
  readonly addr: number;
  /** Bytes of the device region. */
  readonly regionSize: number;
  /** Bytes of the region in which requests are taken. */
  readonly usableRegionSize: number;
  /** Bytes that are plugged. */
  readonly pluggedSize: number;
  /** Bytes that the host requests. */
  readonly requestedSize: number;
}

/** Feature bits of the device (docs/spec/device.md, "Feature bits"). */
export const FeatureBit = {
  /** `nodeId` is valid. */
  AcpiPxm: 0,
  /** The driver must not even read unplugged memory. */
  UnpluggedInaccessible: 1,
  /** The guest may suspend to RAM with plugged memory. */
  PersistentSuspend: 2,
  /** VIRTIO 1.0 or later (`VIRTIO_F_VERSION_1`). */
  Version1: 32,
} as const;

/** Name of a feature bit. */
export type FeatureName = keyof typeof FeatureBit;

/**
 * The features as the 64 bits that device and driver exchange.
 *
 * @param features - Names, in any order.
 *
 * @example
 * ```js
 * import { featureBits } from "virtio-mem-engine/device";
 *
 * console.log(featureBits(["AcpiPxm", "UnpluggedInaccessible"])); // 3n
 * ```
 */
export function featureBits(features: Iterable<FeatureName>): bigint {
  let bits = 0n;
  for (const name of features) bits |= 1n << BigInt(FeatureBit[name]);
  return bits;
}
