import {
  decodeConfig,
  decodeResponse,
  encodeRequest,
  requestTypeOf,
  RESPONSE_SIZE,
} from "../virtio-mem/wire.js";
import type { DevicePort } from "./device-port.js";
import { OwnDevicePort } from "./own-device-port.js";
import { toHex, type Answered, type Step } from "./request-line.js";

const ADDRESS_BITS = 64;

/** Plays steps to a device. It keeps what a snapshot gave for the `restore` that follows. */
export class StepPlayer {
  readonly #port: DevicePort;
  #saved: Uint8Array | undefined;

  constructor(port: DevicePort) {
    this.#port = port;
  }

  /**
   * Does one step and says what came of it, with the changing part of the config space afterwards.
   *
   * @returns undefined where the device under test cannot do the step at all.
   */
  async play(step: Step): Promise<Answered | undefined> {
    const answered = await this.#answer(step);
    if (answered === undefined) return undefined;
    return { ...answered, cfg: await configOf(this.#port) };
  }

  async #answer(step: Step): Promise<Answered | undefined> {
    const port = this.#port;
    switch (step.kind) {
      case "request": {
        const { code, offset, nbBlocks } = step;
        const addr = BigInt.asUintN(ADDRESS_BITS, (await startOf(port)) + offset);
        const bytes = encodeRequest({ type: code, addr, nbBlocks });
        return answerOf(code, await port.handle(bytes, 10));
      }
      case "bytes": {
        const { bytes, writableSize } = step;
        return answerOf(codeOf(bytes), await port.handle(bytes, writableSize));
      }
      case "chain": {
        const { readable, writableSize } = step;
        const bytes = await port.handleChain(readable, writableSize);
        if (bytes === "unable") return undefined;
        return answerOf(codeOf(readable.find(({ length }) => length > 1) ?? NO_BYTES), bytes);
      }
      case "requested-size": {
        const isTaken = step.size !== undefined && (await port.requestSize(step.size));
        return { result: isTaken ? "OK" : "error" };
      }
      case "system_reset":
        await port.systemReset();
        return {};
      case "device_reset":
        await port.deviceReset();
        return {};
      case "migrate":
        return (await port.migrate(step.on)) ? {} : undefined;
      case "snapshot":
        this.#saved = await port.snapshot();
        return this.#saved === undefined ? undefined : {};
      case "restore": {
        if (this.#saved === undefined) return undefined;
        return { result: (await port.restore(this.#saved)) ? "OK" : "error" };
      }
      case "config":
        return { hex: toHex(await port.readConfig(step.offset, step.size)) };
      case "config-write":
        await port.writeConfig(step.offset, step.bytes);
        return {};
      case "device":
        this.#saved = undefined;
        return (await port.create(step.geometry)) ? {} : undefined;
      case "vectors":
        return {};
    }
  }
}

const NO_BYTES = new Uint8Array(0);

/** The type that the bytes of a request name; -1 for none. */
function codeOf(bytes: Uint8Array): number {
  return bytes.length < 2 ? -1 : (bytes[0] ?? 0) + 256 * (bytes[1] ?? 0);
}

/** The answer in words; what the protocol does not know in hexadecimal. */
function answerOf(code: number, bytes: Uint8Array | undefined): Answered {
  if (bytes === undefined) return { resp: "none" };
  if (bytes.length === 0) return { resp: "empty" };
  const response = decodeResponse(bytes, requestTypeOf(code) ?? "PLUG");
  if (response === undefined) return { resp: `unknown ${toHex(bytes)}` };
  if (bytes.length > RESPONSE_SIZE) return { resp: `${response.type} in ${bytes.length} bytes` };
  return {
    resp: response.type,
    ...(response.state === undefined ? {} : { state: response.state }),
  };
}

/** The modelled device, whose config space is what it says: one that is changed is read. */
function isOwn(port: DevicePort): port is OwnDevicePort {
  return port instanceof OwnDevicePort && port.readConfig === OwnDevicePort.prototype.readConfig;
}

/** Where the device's memory starts. */
async function startOf(port: DevicePort): Promise<bigint> {
  if (isOwn(port)) return BigInt(port.device.addr);
  return decodeConfig(await port.readConfig(0, 56)).addr;
}

async function configOf(port: DevicePort): Promise<NonNullable<Answered["cfg"]>> {
  if (isOwn(port)) {
    const { usableRegionSize, pluggedSize, requestedSize } = port.device;
    return {
      usable_region_size: usableRegionSize,
      plugged_size: pluggedSize,
      requested_size: requestedSize,
    };
  }
  const config = decodeConfig(await port.readConfig(0, 56));
  return {
    usable_region_size: Number(config.usableRegionSize),
    plugged_size: Number(config.pluggedSize),
    requested_size: Number(config.requestedSize),
  };
}
