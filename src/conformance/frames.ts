import { viewOf } from "../bytes.js";
import { DeviceFailure } from "./device-failure.js";
import type { DeviceGeometry, DevicePort } from "./device-port.js";
import { optionError } from "../input-error.js";

// A device under test behind a stream of bytes. The kit sends frames, the device answers each with
// one, in order; numbers are little endian:
//
//   to the device    op u8      length u32    payload
//   from the device  status u8  length u32    payload
//
//   op                  payload                              payload of the answer
//   1 handle            writable size u32, request bytes     response bytes; status 1: no answer
//   2 read config       offset u32, size u32                 bytes
//   3 write config      offset u32, bytes                    -
//   4 requested size    size u64                             -; status 1: refused
//   5 system reset      -                                    -
//   6 device reset      -                                    -
//   7 new device        addr u64, region u64, block u64      -; status 1: not with this geometry
//   8 migrate           on u8                                -
//   9 snapshot          -                                    the state, in a format of its own
//   10 restore          the state                            -; status 1: not this state
//   11 handle chain     writable size u32, then for each     as 1
//                       readable descriptor length u32, bytes
//
// Status 0 is done, 2 is "cannot do that at all".

/** What a frame asks for, or answers. */
export const FrameOp = {
  /** Answer the bytes of a request. */
  Handle: 1,
  /** Read the config space. */
  ReadConfig: 2,
  /** Write to the config space. */
  WriteConfig: 3,
  /** Set the requested size. */
  RequestSize: 4,
  /** Reset the machine. */
  SystemReset: 5,
  /** Reset the device, by its driver. */
  DeviceReset: 6,
  /** Make a new device with a geometry. */
  Create: 7,
  /** Start or end a migration of the guest. */
  Migrate: 8,
  /** Give the state that a snapshot keeps. */
  Snapshot: 9,
  /** Take such a state. */
  Restore: 10,
  /** Answer a request in several readable descriptors, or in none. */
  HandleChain: 11,
} as const;

const DONE = 0;
const REFUSED = 1;
const UNKNOWN = 2;

const HEAD_SIZE = 5;
const LENGTH_SIZE = 4;
/** No frame of the protocol comes near it; a longer one means that the streams are out of step. */
const MAX_PAYLOAD = 1 << 20;

/** A message between the kit and a device in another process. */
export interface Frame {
  /** The op of a frame to the device, the status of one from it. */
  readonly tag: number;
  /** Its bytes. */
  readonly payload: Uint8Array;
}

export function encodeFrame({ tag, payload }: Frame): Uint8Array {
  const bytes = new Uint8Array(HEAD_SIZE + payload.length);
  bytes[0] = tag;
  viewOf(bytes).setUint32(1, payload.length, true);
  bytes.set(payload, HEAD_SIZE);
  return bytes;
}

/**
 * Cuts a stream of bytes into frames, however it arrives in pieces.
 *
 * @example
 * ```js
 * import { FrameReader } from "virtio-mem-engine/device";
 *
 * const reader = new FrameReader();
 * console.log([...reader.push(Uint8Array.of(5, 0, 0))].length); // 0
 * console.log([...reader.push(Uint8Array.of(0, 0))][0].tag); // 5
 * ```
 */
export class FrameReader {
  #rest = new Uint8Array(0);

  /**
   * @param piece - The next bytes of the stream, as many as have come.
   * @returns the frames that are complete now.
   * @throws RangeError for a frame that is longer than any of the protocol.
   */
  *push(piece: Uint8Array): Generator<Frame> {
    const bytes = new Uint8Array(this.#rest.length + piece.length);
    bytes.set(this.#rest);
    bytes.set(piece, this.#rest.length);
    let at = 0;
    while (bytes.length - at >= HEAD_SIZE) {
      const length = viewOf(bytes).getUint32(at + 1, true);
      if (length > MAX_PAYLOAD) {
        throw optionError(`frame must have at most ${MAX_PAYLOAD} bytes, got ${length}`);
      }
      const end = at + HEAD_SIZE + length;
      if (bytes.length < end) break;
      yield { tag: bytes[at] ?? 0, payload: bytes.slice(at + HEAD_SIZE, end) };
      at = end;
    }
    this.#rest = bytes.slice(at);
  }
}

/**
 * Answers one frame by a device; what a device behind a socket has to do.
 *
 * @param port - The device.
 * @param request - A frame of the kit.
 * @returns the frame to send back; status 2 for one that the protocol does not know.
 *
 * @example
 * ```js
 * import {
 *   deviceFlavour,
 *   FrameOp,
 *   OwnDevicePort,
 *   serveFrame,
 * } from "virtio-mem-engine/device";
 *
 * const geometry = { addr: 2n ** 32n, regionSize: 2n ** 30n, blockSize: 2n ** 21n };
 * const port = new OwnDevicePort(deviceFlavour("qemu"), geometry);
 * const answer = await serveFrame(port, {
 *   tag: FrameOp.SystemReset,
 *   payload: new Uint8Array(0),
 * });
 * console.log(answer.tag); // 0
 * ```
 */
export async function serveFrame(port: DevicePort, { tag, payload }: Frame): Promise<Frame> {
  const view = viewOf(payload);
  const size = MIN_PAYLOAD[tag];
  if (size === undefined || payload.length < size) return frame(UNKNOWN);
  switch (tag) {
    case FrameOp.Handle: {
      const response = await port.handle(payload.subarray(4), view.getUint32(0, true));
      return response === undefined ? frame(REFUSED) : frame(DONE, response);
    }
    case FrameOp.ReadConfig: {
      const size = Math.min(view.getUint32(4, true), MAX_PAYLOAD);
      return frame(DONE, await port.readConfig(view.getUint32(0, true), size));
    }
    case FrameOp.WriteConfig:
      await port.writeConfig(view.getUint32(0, true), payload.subarray(4));
      return frame(DONE);
    case FrameOp.RequestSize:
      return frame((await port.requestSize(view.getBigUint64(0, true))) ? DONE : REFUSED);
    case FrameOp.SystemReset:
      await port.systemReset();
      return frame(DONE);
    case FrameOp.DeviceReset:
      await port.deviceReset();
      return frame(DONE);
    case FrameOp.Create: {
      const isMade = await port.create({
        addr: view.getBigUint64(0, true),
        regionSize: view.getBigUint64(8, true),
        blockSize: view.getBigUint64(16, true),
      });
      return frame(isMade ? DONE : REFUSED);
    }
    case FrameOp.Snapshot: {
      const state = await port.snapshot();
      return state === undefined ? frame(UNKNOWN) : frame(DONE, state);
    }
    case FrameOp.Restore:
      return frame((await port.restore(payload)) ? DONE : REFUSED);
    case FrameOp.HandleChain: {
      const readable = descriptorsOf(payload.subarray(4));
      if (readable === undefined) return frame(UNKNOWN);
      const response = await port.handleChain(readable, view.getUint32(0, true));
      if (response === "unable") return frame(UNKNOWN);
      return response === undefined ? frame(REFUSED) : frame(DONE, response);
    }
    default:
      return frame((await port.migrate(payload[0] !== 0)) ? DONE : UNKNOWN);
  }
}

/** Descriptors as they lie in a frame; undefined where their lengths do not add up. */
function descriptorsOf(bytes: Uint8Array): Uint8Array[] | undefined {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < LENGTH_SIZE) return undefined;
    const end = at + LENGTH_SIZE + viewOf(bytes).getUint32(at, true);
    if (end > bytes.length) return undefined;
    parts.push(bytes.subarray(at + LENGTH_SIZE, end));
    at = end;
  }
  return parts;
}

const MIN_PAYLOAD: Readonly<Record<number, number>> = {
  [FrameOp.Handle]: 4,
  [FrameOp.ReadConfig]: 8,
  [FrameOp.WriteConfig]: 4,
  [FrameOp.RequestSize]: 8,
  [FrameOp.SystemReset]: 0,
  [FrameOp.DeviceReset]: 0,
  [FrameOp.Create]: 24,
  [FrameOp.Migrate]: 1,
  [FrameOp.Snapshot]: 0,
  [FrameOp.Restore]: 0,
  [FrameOp.HandleChain]: 4,
};

/**
 * A device at the other end of a stream. One frame is on its way at a time.
 *
 * @example
 * ```js
 * import {
 *   deviceFlavour,
 *   FramePort,
 *   OwnDevicePort,
 *   serveFrame,
 * } from "virtio-mem-engine/device";
 *
 * const geometry = { addr: 2n ** 32n, regionSize: 2n ** 30n, blockSize: 2n ** 21n };
 * const own = new OwnDevicePort(deviceFlavour("qemu"), geometry);
 * // here the other end is in the same process
 * const port = new FramePort((frame) => serveFrame(own, frame));
 * console.log(await port.requestSize(2n ** 28n)); // true
 * ```
 */
export class FramePort implements DevicePort {
  readonly #exchange: (frame: Frame) => Promise<Frame>;

  /**
   * A device that is reached by frames.
   *
   * @param exchange - Sends a frame and gives the answer to it; what it throws goes to the caller.
   */
  constructor(exchange: (frame: Frame) => Promise<Frame>) {
    this.#exchange = exchange;
  }

  async create({ addr, regionSize, blockSize }: DeviceGeometry): Promise<boolean> {
    const payload = new Uint8Array(24);
    const view = viewOf(payload);
    view.setBigUint64(0, addr, true);
    view.setBigUint64(8, regionSize, true);
    view.setBigUint64(16, blockSize, true);
    return (await this.#ask(FrameOp.Create, payload)).tag === DONE;
  }

  async handle(request: Uint8Array, writableSize: number): Promise<Uint8Array | undefined> {
    const payload = new Uint8Array(4 + request.length);
    viewOf(payload).setUint32(0, writableSize, true);
    payload.set(request, 4);
    const { tag, payload: response } = await this.#ask(FrameOp.Handle, payload);
    return tag === DONE ? response : undefined;
  }

  async handleChain(
    readable: readonly Uint8Array[],
    writableSize: number,
  ): Promise<Uint8Array | undefined | "unable"> {
    const size = readable.reduce((sum, part) => sum + LENGTH_SIZE + part.length, 4);
    const payload = new Uint8Array(size);
    const view = viewOf(payload);
    view.setUint32(0, writableSize, true);
    let at = 4;
    for (const part of readable) {
      view.setUint32(at, part.length, true);
      payload.set(part, at + LENGTH_SIZE);
      at += LENGTH_SIZE + part.length;
    }
    const { tag, payload: response } = await this.#ask(FrameOp.HandleChain, payload);
    if (tag === UNKNOWN) return "unable";
    return tag === DONE ? response : undefined;
  }

  async readConfig(offset: number, size: number): Promise<Uint8Array> {
    const payload = new Uint8Array(8);
    viewOf(payload).setUint32(0, offset, true);
    viewOf(payload).setUint32(4, size, true);
    return (await this.#ask(FrameOp.ReadConfig, payload)).payload;
  }

  async writeConfig(offset: number, bytes: Uint8Array): Promise<void> {
    const payload = new Uint8Array(4 + bytes.length);
    viewOf(payload).setUint32(0, offset, true);
    payload.set(bytes, 4);
    await this.#ask(FrameOp.WriteConfig, payload);
  }

  async requestSize(size: bigint): Promise<boolean> {
    if (size !== BigInt.asUintN(64, size)) return false;
    const payload = new Uint8Array(8);
    viewOf(payload).setBigUint64(0, size, true);
    return (await this.#ask(FrameOp.RequestSize, payload)).tag === DONE;
  }

  async systemReset(): Promise<void> {
    await this.#ask(FrameOp.SystemReset);
  }

  async deviceReset(): Promise<void> {
    await this.#ask(FrameOp.DeviceReset);
  }

  async migrate(on: boolean): Promise<boolean> {
    return (await this.#ask(FrameOp.Migrate, Uint8Array.of(on ? 1 : 0))).tag === DONE;
  }

  async snapshot(): Promise<Uint8Array | undefined> {
    const { tag, payload } = await this.#ask(FrameOp.Snapshot);
    return tag === DONE ? payload : undefined;
  }

  async restore(state: Uint8Array): Promise<boolean> {
    return (await this.#ask(FrameOp.Restore, state)).tag === DONE;
  }

  async #ask(op: number, payload: Uint8Array = new Uint8Array(0)): Promise<Frame> {
    const answer = await this.#exchange({ tag: op, payload });
    if (answer.tag <= UNKNOWN) return answer;
    throw new DeviceFailure(`a frame with status ${answer.tag}, which is none of 0, 1 and 2`);
  }
}

function frame(tag: number, payload: Uint8Array = new Uint8Array(0)): Frame {
  return { tag, payload };
}
