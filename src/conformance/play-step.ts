import {
  decodeConfig,
  decodeResponse,
  encodeRequest,
  requestTypeOf,
  RESPONSE_SIZE,
  toRequest,
} from "../virtio-mem/wire.js";
import type { Awaitable, DevicePort } from "./device-port.js";
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
   * Does one step and says what came of it, with the changing part of the config space afterwards;
   * at once where it is a request to the modelled device, of which there may be millions.
   *
   * @returns undefined where the device under test cannot do the step at all.
   */
  play(step: Step): Awaitable<Answered | undefined> {
    const port = this.#port;
    if (step.kind === "request" && isOwn(port)) {
      const answered = answerOfModel(port, step);
      if (answered !== undefined) return { ...answered, cfg: ownConfig(port) };
    }
    return this.#play(step);
  }

  async #play(step: Step): Promise<Answered | undefined> {
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

/** The modelled device, which is what it says: one that is changed is asked through its bytes. */
function isOwn(port: DevicePort): port is OwnDevicePort {
  const { prototype } = OwnDevicePort;
  return (
    port instanceof OwnDevicePort &&
    port.handle === prototype.handle &&
    port.readConfig === prototype.readConfig
  );
}

/** The answer without a detour over bytes; undefined for a request of an unknown type. */
function answerOfModel(
  { device }: OwnDevicePort,
  { code, offset, nbBlocks }: Extract<Step, { kind: "request" }>,
): Answered | undefined {
  const addr = BigInt.asUintN(ADDRESS_BITS, BigInt(device.addr) + offset);
  const request = toRequest({ type: code, addr, nbBlocks });
  if (request === undefined) return undefined;
  const { type, state } = device.handle(request);
  return state === undefined ? { resp: type } : { resp: type, state };
}

/** Where the device's memory starts. */
async function startOf(port: DevicePort): Promise<bigint> {
  if (isOwn(port)) return BigInt(port.device.addr);
  return decodeConfig(await port.readConfig(0, 56)).addr;
}

function ownConfig({ device }: OwnDevicePort): NonNullable<Answered["cfg"]> {
  return {
    usable_region_size: device.usableRegionSize,
    plugged_size: device.pluggedSize,
    requested_size: device.requestedSize,
  };
}

async function configOf(port: DevicePort): Promise<NonNullable<Answered["cfg"]>> {
  if (isOwn(port)) return ownConfig(port);
  const config = decodeConfig(await port.readConfig(0, 56));
  return {
    usable_region_size: Number(config.usableRegionSize),
    plugged_size: Number(config.pluggedSize),
    requested_size: Number(config.requestedSize),
  };
}
