/** The four requests of a driver (device.md section 4.1). */
export type RequestType = "PLUG" | "UNPLUG" | "UNPLUG_ALL" | "STATE";

export type ResponseType = "ACK" | "NACK" | "BUSY" | "ERROR";

/** Answer to STATE. */
export type BlocksState = "PLUGGED" | "UNPLUGGED" | "MIXED";

/** A request that names device blocks. */
export interface BlocksRequest {
  readonly type: "PLUG" | "UNPLUG" | "STATE";
  /** Guest physical address of the first device block. */
  readonly addr: number;
  /** Consecutive device blocks; 16 bits. */
  readonly nbBlocks: number;
}

export type Request = BlocksRequest | { readonly type: "UNPLUG_ALL" };

export interface Response {
  readonly type: ResponseType;
  /** Only in the ACK of a STATE request. */
  readonly state?: BlocksState;
}

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
