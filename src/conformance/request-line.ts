import type { RequestType } from "../virtio-mem/protocol.js";
import { requestCode } from "../virtio-mem/wire.js";
import type { DeviceGeometry } from "./device-port.js";
import { parseLossless, wholeNumber } from "./lossless-json.js";
import { optionError } from "../input-error.js";

/** What one line of a request list or of a vector file asks for. */
export type Step =
  /** A request of any type; `offset` from the region start is taken modulo 2^64. */
  | {
      readonly kind: "request";
      readonly code: number;
      readonly offset: bigint;
      readonly nbBlocks: number;
    }
  /** A request byte by byte, with room for an answer of `writableSize` bytes. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly writableSize: number }
  /** A request in several readable descriptors, or in none. */
  | {
      readonly kind: "chain";
      readonly readable: readonly Uint8Array[];
      readonly writableSize: number;
    }
  /** The host sets a requested size; undefined: something that is no size. */
  | { readonly kind: "requested-size"; readonly size: bigint | undefined }
  | { readonly kind: "system_reset" }
  | { readonly kind: "device_reset" }
  | { readonly kind: "migrate"; readonly on: boolean }
  /** The device's state is kept for a later `restore` of the same case. */
  | { readonly kind: "snapshot" }
  /** A device of the state that was kept last takes the place of the present one. */
  | { readonly kind: "restore" }
  | { readonly kind: "config"; readonly offset: number; readonly size: number }
  | { readonly kind: "config-write"; readonly offset: number; readonly bytes: Uint8Array }
  /** A new device; `name` is that of the case that begins. */
  | { readonly kind: "device"; readonly name: string; readonly geometry: DeviceGeometry }
  /** First line of a vector file: for whose device the expected answers are. */
  | { readonly kind: "vectors"; readonly version: number; readonly flavour: string };

/** What a device gave, or a vector says that it must give. */
export interface Answered {
  /** `none`: no answer; `empty`: an answer of no bytes. */
  readonly resp?: string;
  readonly state?: string;
  readonly result?: "OK" | "error";
  readonly needsReset?: true;
  /** Bytes read from the config space. */
  readonly hex?: string;
  readonly cfg?: {
    readonly usable_region_size: number;
    readonly plugged_size: number;
    readonly requested_size: number;
  };
}

export interface RequestLine {
  /** Number of the line, from 1 on. */
  readonly line: number;
  readonly step: Step;
  /** The expected fields as they stand there; a replay ignores them. */
  readonly expected: Readonly<Record<string, unknown>>;
}

/**
 * The steps of a JSON Lines text; empty lines are left out.
 *
 * @throws RangeError that names the line, the field, its rule and what it got.
 */
export function* requestLines(text: string): Generator<RequestLine> {
  let line = 0;
  for (let start = 0; start <= text.length;) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    line++;
    const json = text.slice(start, end);
    if (json.trim() !== "") yield parseRequestLine(json, line);
    start = end + 1;
  }
}

/** @throws RangeError, as {@link requestLines}. */
export function parseRequestLine(json: string, line: number): RequestLine {
  let value: unknown;
  try {
    value = parseLossless(json);
  } catch {
    value = undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    reject(line, "it", "be a JSON object", json);
  }
  const fields = value as Readonly<Record<string, unknown>>;
  return { line, step: stepOf(new Fields(fields, line)), expected: fields };
}

const CODES: Readonly<Record<string, number>> = Object.fromEntries(
  (["PLUG", "UNPLUG", "UNPLUG_ALL", "STATE"] satisfies RequestType[]).map((type) => [
    type,
    requestCode(type),
  ]),
);

function stepOf(fields: Fields): Step {
  const req = fields.text("req");
  const raw = /^raw(\d{1,5})$/.exec(req)?.[1];
  const code = raw === undefined ? CODES[req] : Number(raw);
  if (code !== undefined && code <= 0xffff) {
    const offset = fields.whole("off", 0n);
    return { kind: "request", code, offset, nbBlocks: fields.count("nb_blocks", 0, 0xffff) };
  }
  switch (req) {
    case "requested-size":
      return { kind: "requested-size", size: fields.anySize("size") };
    case "system_reset":
    case "device_reset":
    case "snapshot":
    case "restore":
      return { kind: req };
    case "migrate":
      return { kind: "migrate", on: fields.flag("on") };
    case "bytes":
      return {
        kind: "bytes",
        bytes: fields.bytes("hex_in"),
        writableSize: fields.count("writable", 10, 0xffff),
      };
    case "chain":
      return {
        kind: "chain",
        readable: fields.listOfBytes("hex_in"),
        writableSize: fields.count("writable", 10, 0xffff),
      };
    case "config":
      return {
        kind: "config",
        offset: fields.count("offset", 0, 0xffff),
        size: fields.count("size", 56, 0xffff),
      };
    case "config-write":
      return {
        kind: "config-write",
        offset: fields.count("offset", 0, 0xffff),
        bytes: fields.bytes("hex_in"),
      };
    case "device":
      return {
        kind: "device",
        name: fields.text("case"),
        geometry: {
          addr: fields.whole("addr"),
          regionSize: fields.whole("region_size"),
          blockSize: fields.whole("block_size"),
        },
      };
    case "vectors":
      return {
        kind: "vectors",
        version: fields.count("version", 1, 1),
        flavour: fields.text("flavour"),
      };
    default:
      return fields.reject("req", "be a request that is known", req);
  }
}

const HEX = /^(?:[0-9a-f]{2})*$/i;
/** A queue of a virtio-mem device has as many in QEMU and cloud-hypervisor. */
const MOST_DESCRIPTORS = 128;

/** Fields of one line, checked as they are taken. */
class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #line: number;

  constructor(fields: Readonly<Record<string, unknown>>, line: number) {
    this.#fields = fields;
    this.#line = line;
  }

  reject(name: string, rule: string, got: unknown): never {
    return reject(this.#line, name, rule, got);
  }

  text(name: string): string {
    const value = this.#fields[name];
    return typeof value === "string" ? value : this.reject(name, "be a string", value);
  }

  flag(name: string): boolean {
    const value = this.#fields[name];
    return typeof value === "boolean" ? value : this.reject(name, "be true or false", value);
  }

  whole(name: string, missing?: bigint): bigint {
    const value = this.#fields[name];
    if (value === undefined && missing !== undefined) return missing;
    return wholeNumber(value) ?? this.reject(name, "be a whole number", value);
  }

  count(name: string, missing: number, limit: number): number {
    const given = this.#fields[name];
    if (typeof given === "number" && given >= 0 && given <= limit && Number.isInteger(given)) {
      return given;
    }
    const value = this.whole(name, BigInt(missing));
    if (value < 0n || value > BigInt(limit)) {
      this.reject(name, `be a whole number from 0 to ${limit}`, String(value));
    }
    return Number(value);
  }

  /** A size as a test may request it, also an invalid one. */
  anySize(name: string): bigint | undefined {
    const value = this.#fields[name];
    if (value === undefined) this.reject(name, "be there", value);
    return wholeNumber(value);
  }

  bytes(name: string): Uint8Array {
    const hex = this.text(name);
    if (!HEX.test(hex)) this.reject(name, "be hexadecimal digits", hex);
    return fromHex(hex);
  }

  listOfBytes(name: string): Uint8Array[] {
    const value = this.#fields[name];
    const isList = Array.isArray(value) && value.length <= MOST_DESCRIPTORS;
    if (!isList || !value.every((hex) => typeof hex === "string" && HEX.test(hex))) {
      const rule = `be a list of at most ${MOST_DESCRIPTORS} strings of hexadecimal digits`;
      return this.reject(name, rule, value);
    }
    return value.map((hex) => fromHex(hex as string));
  }
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => parseInt(digits, 16));
}

function reject(line: number, name: string, rule: string, got: unknown): never {
  const found = got === undefined ? "nothing" : typeof got === "string" ? got : JSON.stringify(got);
  throw optionError(`line ${line}: ${name} must ${rule}, got ${found.slice(0, 80)}`);
}
