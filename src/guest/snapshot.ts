import type { LoadSummary } from "../core/page-loader.js";
import type { CoreGlobals } from "../core/core-image.js";
import type { Calibration } from "../linux/calibration.js";
import type { MemoryHotplugState } from "../linux/memory-hotplug.js";
import type { LinuxProfile } from "../linux/profile.js";
import type { ZoneTableState } from "../linux/zone-table.js";
import { optionError, optionTypeError, shown } from "../input-error.js";
import type { DeviceHostState } from "../virtio-mem/device/device.js";
import type { DeviceSnapshot } from "../virtio-mem/device/snapshot.js";
import type { DriverState } from "../virtio-mem/driver/driver.js";
import type { DriverParameters } from "../virtio-mem/driver/parameters.js";
import type { KernelChoice } from "./profile-from-capture.js";

// A guest in one buffer, all numbers little endian:
//
//   byte 0       4        8        12           16         24            32
//        +-------+--------+--------+------------+----------+-------------+-------+---------+
//        |"VMGS" | format | length | checksum   |  length  |  checksum   | state | memory  |
//        |       |        |      of the state   |     of the memory      | JSON  | of core |
//        +-------+--------+--------+------------+----------+-------------+-------+---------+
//
// The state is padded with spaces to a multiple of 8 bytes. The checksum of the memory is computed
// by the core (assembly/inspect/checksum.ts), that of the state is FNV-1a.

const MAGIC = 0x53474d56;
/** Counts up with each change of what a snapshot holds. */
const FORMAT = 1;
const HEAD_SIZE = 32;

/** One of a guest's devices and its driver. */
export interface DeviceState {
  readonly device: DeviceSnapshot;
  readonly host: DeviceHostState;
  readonly driver: DriverState;
}

/** Everything of a guest but the memory of its core. */
export interface GuestState {
  /** Build of the core, by a hash of it: globals and memory are its own. */
  readonly coreId: string;
  readonly clockNs: number;
  /** Entries that the log had. */
  readonly logLength: number;
  readonly profile: LinuxProfile;
  /** Name of the policy; null: what the version does. */
  readonly policy: string | null;
  /** The policy, or a part of it, was an object: its name alone does not bring it back. */
  readonly hasOwnPolicy: boolean;
  readonly calibration: Calibration;
  readonly parameters: DriverParameters;
  readonly nrPageblocks: number;
  readonly wasmPages: number;
  readonly globals: CoreGlobals;
  readonly zones: ZoneTableState;
  readonly hotplug: MemoryHotplugState;
  readonly devices: readonly DeviceState[];
  readonly loaded: LoadSummary | null;
  readonly kernel: KernelChoice | null;
  readonly kernelNotes: readonly string[];
}

/** A snapshot taken apart. */
export interface GuestImage {
  readonly state: GuestState;
  /** The memory of the core in use; a view of the buffer. */
  readonly memory: Uint8Array;
  readonly memoryChecksum: bigint;
}

/** @param checksum - of `memory`, as the core computes it. */
export function encodeSnapshot(
  state: GuestState,
  memory: Uint8Array,
  checksum: bigint,
): ArrayBuffer {
  const json = new TextEncoder().encode(JSON.stringify(state));
  const stateSize = Math.ceil(json.length / 8) * 8;
  const buffer = new ArrayBuffer(HEAD_SIZE + stateSize + memory.length);
  const bytes = new Uint8Array(buffer);
  bytes.fill(0x20, HEAD_SIZE, HEAD_SIZE + stateSize);
  bytes.set(json, HEAD_SIZE);
  bytes.set(memory, HEAD_SIZE + stateSize);
  const view = new DataView(buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, FORMAT, true);
  view.setUint32(8, stateSize, true);
  view.setUint32(12, fnv1a(bytes.subarray(HEAD_SIZE, HEAD_SIZE + stateSize)), true);
  view.setBigUint64(16, BigInt(memory.length), true);
  view.setBigUint64(24, checksum, true);
  return buffer;
}

/**
 * @param coreId - of the core that is to go on.
 * @throws TypeError for something else than a buffer; RangeError if it is no snapshot, of another
 *   version, cut off or damaged.
 */
export function decodeSnapshot(buffer: ArrayBufferLike, coreId: string): GuestImage {
  // a value from plain JavaScript may be anything
  const given: unknown = buffer;
  const isBuffer =
    given instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer !== "undefined" && given instanceof SharedArrayBuffer);
  if (!isBuffer) throw optionTypeError(`snapshot must be an ArrayBuffer, got ${shown(given)}`);
  const size = buffer.byteLength;
  const view = new DataView(buffer);
  if (size < HEAD_SIZE || view.getUint32(0, true) !== MAGIC) {
    throw optionError(`snapshot must be one of Guest.snapshot(), got ${size} other bytes`);
  }
  const format = view.getUint32(4, true);
  if (format !== FORMAT) {
    throw optionError(`snapshot must be of format ${FORMAT}, got ${format}: of another version`);
  }
  const stateSize = view.getUint32(8, true);
  const memorySize = Number(view.getBigUint64(16, true));
  const expected = HEAD_SIZE + stateSize + memorySize;
  if (size !== expected) {
    throw optionError(`snapshot must be whole, ${expected} bytes by its header, got ${size}`);
  }
  const json = new Uint8Array(buffer, HEAD_SIZE, stateSize);
  if (fnv1a(json) !== view.getUint32(12, true)) {
    throw optionError("snapshot must be undamaged, got a state that its checksum contradicts");
  }
  // a copy: TextDecoder takes no shared memory
  const state = JSON.parse(new TextDecoder().decode(json.slice())) as GuestState;
  if (state.coreId !== coreId) {
    throw optionError(
      `snapshot must be of this version of the engine (core ${coreId}), got core ${state.coreId}`,
    );
  }
  return {
    state,
    memory: new Uint8Array(buffer, HEAD_SIZE + stateSize, memorySize),
    memoryChecksum: view.getBigUint64(24, true),
  };
}

/** FNV-1a of 32 bits. */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
