import { viewOf } from "../bytes.js";
import type {
  Answer,
  BlocksState,
  DeviceConfig,
  Request,
  RequestType,
  Response,
  ResponseType,
} from "./protocol.js";
import { optionError } from "../input-error.js";

// The bytes that driver and device exchange, little endian (docs/spec/device.md, "Config space" and
// "Requests"):
//
//   request   0     2        8               16          18        24
//             +-----+--------+---------------+-----------+---------+
//             |type |   -    |     addr      | nb_blocks |    -    |
//             +-----+--------+---------------+-----------+---------+
//
//   response  0     2        8       10
//             +-----+--------+-------+
//             |type |   -    | state |
//             +-----+--------+-------+
//
//   config    0          8       10       16     24            32
//             +----------+-------+--------+------+-------------+
//             |block_size|node_id|   -    | addr | region_size |
//             +----------+-------+--------+------+-------------+
//             | usable_region_size | plugged_size | requested_size |
//             +--------------------+--------------+----------------+
//             32                   40             48               56
//
// "-" is padding: written as 0, ignored when read.

/** Bytes of a request (VIRTIO 1.2, 5.15.6). */
export const REQUEST_SIZE = 24;
/** Bytes of a response (VIRTIO 1.2, 5.15.6). */
export const RESPONSE_SIZE = 10;
/** Bytes of the config space (VIRTIO 1.2, 5.15.4). */
export const CONFIG_SIZE = 56;

const REQUEST_TYPES: readonly RequestType[] = ["PLUG", "UNPLUG", "UNPLUG_ALL", "STATE"];
const RESPONSE_TYPES: readonly ResponseType[] = ["ACK", "NACK", "BUSY", "ERROR"];
const BLOCKS_STATES: readonly BlocksState[] = ["PLUGGED", "UNPLUGGED", "MIXED"];

/** A request as it is on the wire: any type of 16 bits, any address of 64. */
export interface WireRequest {
  /** Number of the request type, 16 bits. */
  readonly type: number;
  /** Guest physical start of the region in bytes. */
  readonly addr: bigint;
  /** Device blocks, 16 bits. */
  readonly nbBlocks: number;
}

/** A config space as it is on the wire. */
export interface WireConfig {
  /** Bytes of a device block. */
  readonly blockSize: bigint;
  /** ACPI proximity domain, where the device belongs to one. */
  readonly nodeId: number;
  /** Guest physical start of the region in bytes. */
  readonly addr: bigint;
  /** Bytes of the device region. */
  readonly regionSize: bigint;
  /** Bytes of the region in which requests are taken. */
  readonly usableRegionSize: bigint;
  /** Bytes that are plugged. */
  readonly pluggedSize: bigint;
  /** Bytes that the host requests. */
  readonly requestedSize: bigint;
}

/** The type of a wire request; undefined for a number that no request has. */
export function requestTypeOf(code: number): RequestType | undefined {
  return REQUEST_TYPES[code];
}

/** The number that a type of request has on the wire. */
export function requestCode(type: RequestType): number {
  return REQUEST_TYPES.indexOf(type);
}

/**
 * The 24 bytes of a request. Numbers are cut to the width of their field.
 *
 * @param request - A request, or its fields as they are to be on the wire.
 *
 * @example
 * ```js
 * import { decodeWireRequest, encodeRequest } from "virtio-mem-engine/device";
 *
 * const bytes = encodeRequest({ type: "PLUG", addr: 0x140000000, nbBlocks: 4 });
 * console.log(decodeWireRequest(bytes).nbBlocks); // 4
 * ```
 */
export function encodeRequest(request: Request | WireRequest): Uint8Array {
  const bytes = new Uint8Array(REQUEST_SIZE);
  const view = viewOf(bytes);
  const { type } = request;
  view.setUint16(0, typeof type === "number" ? type : requestCode(type), true);
  if ("addr" in request) {
    view.setBigUint64(8, BigInt(request.addr), true);
    view.setUint16(16, request.nbBlocks, true);
  }
  return bytes;
}

/**
 * The readable part of a request, which may lie in several descriptors.
 *
 * @param maySplit - whether it may; else a second readable descriptor stands where the writable one
 *   must be.
 * @returns undefined for a chain that has a descriptor too many.
 */
export function joinRequest(
  parts: Uint8Array | readonly Uint8Array[],
  maySplit: boolean,
): Uint8Array | undefined {
  if (parts instanceof Uint8Array) return parts;
  if (parts.length <= 1) return parts[0] ?? new Uint8Array(0);
  if (!maySplit) return undefined;
  const joined = new Uint8Array(REQUEST_SIZE);
  let at = 0;
  for (const part of parts) {
    const fitting = part.subarray(0, REQUEST_SIZE - at);
    joined.set(fitting, at);
    at += fitting.length;
  }
  return joined.subarray(0, at);
}

/**
 * A request from at least 24 bytes; undefined from fewer.
 *
 * @param bytes - The readable part of the descriptor chain.
 *
 * @example
 * ```js
 * import { decodeWireRequest } from "virtio-mem-engine/device";
 *
 * console.log(decodeWireRequest(new Uint8Array(24)).type); // 0
 * console.log(decodeWireRequest(new Uint8Array(8))); // undefined
 * ```
 */
export function decodeWireRequest(bytes: Uint8Array): WireRequest | undefined {
  if (bytes.length < REQUEST_SIZE) return undefined;
  const view = viewOf(bytes);
  return {
    type: view.getUint16(0, true),
    addr: view.getBigUint64(8, true),
    nbBlocks: view.getUint16(16, true),
  };
}

/** A request of a known type; undefined for a number that no request has. */
export function toRequest({ type: code, addr, nbBlocks }: WireRequest): Request | undefined {
  const type = requestTypeOf(code);
  if (type === undefined) return undefined;
  return type === "UNPLUG_ALL" ? { type } : { type, addr, nbBlocks };
}

/**
 * The 10 bytes of a response; none for a request that got no answer.
 *
 * @param answer - What {@link VirtioMemDevice.handle} gives.
 *
 * @example
 * ```js
 * import { encodeResponse } from "virtio-mem-engine/device";
 *
 * console.log(encodeResponse({ type: "ACK" }).length); // 10
 * ```
 */
export function encodeResponse(answer: Answer): Uint8Array | undefined {
  if (answer.type === "none") return undefined;
  const bytes = new Uint8Array(RESPONSE_SIZE);
  const view = viewOf(bytes);
  view.setUint16(0, RESPONSE_TYPES.indexOf(answer.type), true);
  if (answer.state !== undefined) view.setUint16(8, BLOCKS_STATES.indexOf(answer.state), true);
  return bytes;
}

/**
 * The answer in the bytes that a device has written. The state is read whatever was asked: it means
 * something only in the ACK of a STATE request, which the caller knows.
 *
 * @param bytes - What the device has written.
 * @param to - Type of the request that was answered.
 * @returns the answer; undefined where the bytes are none that the protocol knows.
 *
 * @example
 * ```js
 * import { decodeResponse, encodeResponse } from "virtio-mem-engine/device";
 *
 * const bytes = encodeResponse({ type: "ACK", state: "MIXED" });
 * console.log(decodeResponse(bytes, "STATE").state); // MIXED
 * ```
 */
export function decodeResponse(bytes: Uint8Array, to: RequestType): Response | undefined {
  if (bytes.length < RESPONSE_SIZE) return undefined;
  const view = viewOf(bytes);
  const type = RESPONSE_TYPES[view.getUint16(0, true)];
  if (type === undefined) return undefined;
  if (to !== "STATE" || type !== "ACK") return { type };
  const state = BLOCKS_STATES[view.getUint16(8, true)];
  return state === undefined ? undefined : { type, state };
}

/**
 * The 56 bytes of the config space.
 *
 * @param config - What {@link VirtioMemDevice.config} gives.
 *
 * @example
 * ```js
 * import { encodeConfig, VirtioMemDevice } from "virtio-mem-engine/device";
 *
 * const device = new VirtioMemDevice({ addr: 2 ** 32, regionSize: 2 ** 30 });
 * console.log(encodeConfig(device.config).length); // 56
 * ```
 */
export function encodeConfig(config: DeviceConfig): Uint8Array {
  const bytes = new Uint8Array(CONFIG_SIZE);
  const view = viewOf(bytes);
  view.setBigUint64(0, BigInt(config.blockSize), true);
  view.setUint16(8, config.nodeId ?? 0, true);
  view.setBigUint64(16, BigInt(config.addr), true);
  view.setBigUint64(24, BigInt(config.regionSize), true);
  view.setBigUint64(32, BigInt(config.usableRegionSize), true);
  view.setBigUint64(40, BigInt(config.pluggedSize), true);
  view.setBigUint64(48, BigInt(config.requestedSize), true);
  return bytes;
}

/**
 * The fields of the config space (VIRTIO 1.3, section 5.15.4).
 *
 * @param bytes - At least 56.
 * @throws RangeError for fewer than 56 bytes.
 *
 * @example
 * ```js
 * import { decodeConfig, VirtioMemDevice } from "virtio-mem-engine/device";
 *
 * const device = new VirtioMemDevice({ addr: 2 ** 32, regionSize: 2 ** 30 });
 * console.log(decodeConfig(device.readConfig()).addr); // 4294967296n
 * ```
 */
export function decodeConfig(bytes: Uint8Array): WireConfig {
  if (bytes.length < CONFIG_SIZE) {
    throw optionError(`config must be ${CONFIG_SIZE} bytes, got ${bytes.length}`);
  }
  const view = viewOf(bytes);
  return {
    blockSize: view.getBigUint64(0, true),
    nodeId: view.getUint16(8, true),
    addr: view.getBigUint64(16, true),
    regionSize: view.getBigUint64(24, true),
    usableRegionSize: view.getBigUint64(32, true),
    pluggedSize: view.getBigUint64(40, true),
    requestedSize: view.getBigUint64(48, true),
  };
}
