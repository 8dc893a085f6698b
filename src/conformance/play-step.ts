import { decodeConfig, decodeResponse, encodeRequest, requestTypeOf } from "../virtio-mem/wire.js";
import type { DevicePort } from "./device-port.js";
import { toHex, type Answered, type Step } from "./request-line.js";

const ADDRESS_BITS = 64;

/**
 * Does one step on a device and says what came of it, with the changing part of the config space
 * afterwards.
 *
 * @returns undefined where the device under test cannot do the step at all.
 */
export async function playStep(port: DevicePort, step: Step): Promise<Answered | undefined> {
  const answered = await answer(port, step);
  if (answered === undefined) return undefined;
  return { ...answered, cfg: await configOf(port) };
}

async function answer(port: DevicePort, step: Step): Promise<Answered | undefined> {
  switch (step.kind) {
    case "request": {
      const { code, offset, nbBlocks } = step;
      const { addr: start } = decodeConfig(await port.readConfig(0, 56));
      const addr = BigInt.asUintN(ADDRESS_BITS, start + offset);
      const bytes = encodeRequest({ type: code, addr, nbBlocks });
      return answerOf(code, await port.handle(bytes, 10));
    }
    case "bytes": {
      const { bytes, writableSize } = step;
      const code = bytes.length < 2 ? -1 : (bytes[0] ?? 0) + 256 * (bytes[1] ?? 0);
      return answerOf(code, await port.handle(bytes, writableSize));
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
    case "config":
      return { hex: toHex(await port.readConfig(step.offset, step.size)) };
    case "config-write":
      await port.writeConfig(step.offset, step.bytes);
      return {};
    case "device":
      return (await port.create(step.geometry)) ? {} : undefined;
    case "vectors":
      return {};
  }
}

/** The answer in words; what the protocol does not know in hexadecimal. */
function answerOf(code: number, bytes: Uint8Array | undefined): Answered {
  if (bytes === undefined) return { resp: "none" };
  if (bytes.length === 0) return { resp: "empty" };
  const response = decodeResponse(bytes, requestTypeOf(code) ?? "PLUG");
  if (response === undefined) return { resp: `unknown ${toHex(bytes)}` };
  return {
    resp: response.type,
    ...(response.state === undefined ? {} : { state: response.state }),
  };
}

async function configOf(port: DevicePort): Promise<NonNullable<Answered["cfg"]>> {
  const config = decodeConfig(await port.readConfig(0, 56));
  return {
    usable_region_size: Number(config.usableRegionSize),
    plugged_size: Number(config.pluggedSize),
    requested_size: Number(config.requestedSize),
  };
}
