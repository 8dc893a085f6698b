import {
  assertOptions,
  either,
  FUNCTION,
  LIST,
  OBJECT,
  oneOf,
  SIZE,
  TEXT,
  WHOLE,
  type OptionRule,
} from "../../option-check.js";
import { optionError, optionTypeError, shown } from "../../input-error.js";
import { FeatureBit, type RequestType } from "../protocol.js";
import { QEMU_FLAVOUR, type DeviceFlavour } from "./flavour.js";
import type { DeviceHost } from "./host.js";
import type { VirtioMemDeviceOptions } from "./options.js";

const FEATURES = oneOf(Object.keys(FeatureBit));

/** It may be an object of a caller's own, with more than a device asks it for. */
const HOST: OptionRule = {
  holds: (value) => {
    if (!OBJECT.holds(value)) return false;
    const { preallocate, discard } = value as DeviceHost;
    return [preallocate, discard].every((part) => part === undefined || FUNCTION.holds(part));
  },
  words: "an object with functions preallocate and discard, or without",
};

const DEVICE: Readonly<Record<keyof VirtioMemDeviceOptions, OptionRule>> = {
  addr: SIZE,
  regionSize: SIZE,
  blockSize: SIZE,
  requestedSize: SIZE,
  plugged: LIST,
  usableRegionSize: SIZE,
  nodeId: WHOLE,
  flavour: either(TEXT, OBJECT),
  withoutFeatures: {
    holds: (value) => Array.isArray(value) && value.every((name) => FEATURES.holds(name)),
    words: `a list of ${Object.keys(FeatureBit).join(", ")}`,
  },
  host: HOST,
  log: OBJECT,
};

/** @throws TypeError or RangeError that names the option, its rule and what was given. */
export function assertDeviceOptions(options: unknown): void {
  assertOptions("options of a device", options, DEVICE);
  const { addr, regionSize, plugged } = options as Partial<VirtioMemDeviceOptions>;
  for (const [name, value] of Object.entries({ addr, regionSize })) {
    if (value === undefined) throw optionTypeError(`${name} must be given, got undefined`);
  }
  for (const run of (plugged ?? []) as readonly unknown[]) {
    if (Array.isArray(run) && run.slice(0, 2).filter(WHOLE.holds).length === 2) continue;
    throw optionTypeError(`plugged must be runs [first block, blocks], got ${shown(run)}`);
  }
}

/** What may be left undefined in a flavour. */
const OPTIONAL = "unmapFailure";

/**
 * A flavour of a caller's own: its parts are those of the known ones, of the same types.
 *
 * @throws RangeError that names the part.
 */
export function assertFlavour(flavour: DeviceFlavour): void {
  assertLike("flavour", flavour, QEMU_FLAVOUR);
}

function assertLike(name: string, value: unknown, model: unknown): void {
  const fail = (rule: string): never => {
    throw optionError(`${name} must be ${rule}, got ${shown(value)}`);
  };
  if (Array.isArray(model)) {
    if (!Array.isArray(value)) fail("a list");
    return;
  }
  if (typeof model !== "object" || model === null) {
    if (typeof value !== typeof model) fail(`a ${typeof model}`);
    return;
  }
  if (typeof value !== "object" || value === null) fail("an object");
  for (const [key, part] of Object.entries(model)) {
    // its sizes belong to one kind of rule
    if (key === OPTIONAL || key === "extentSize") continue;
    assertLike(`${name}.${key}`, (value as Record<string, unknown>)[key], part);
  }
}

/** Bytes as a driver hands them over: as a whole, or descriptor by descriptor. */
export function assertRequestBytes(request: unknown): void {
  if (request instanceof Uint8Array) return;
  if (Array.isArray(request) && request.every((part) => part instanceof Uint8Array)) return;
  throw optionTypeError(`request must be bytes or a list of bytes, got ${shown(request)}`);
}

/** @throws RangeError or TypeError unless `value` is a whole number from 0 to `most`. */
export function assertWhole(name: string, value: unknown, most = Number.MAX_SAFE_INTEGER): void {
  if (WHOLE.holds(value) && (value as number) <= most) return;
  const words = `${name} must be a whole number from 0 to ${most}, got ${shown(value)}`;
  throw typeof value === "number" ? optionError(words) : optionTypeError(words);
}

/** @throws TypeError unless it can be called. */
export function assertListener(value: unknown): void {
  if (typeof value !== "function") {
    throw optionTypeError(`listener must be a function, got ${shown(value)}`);
  }
}

/** @throws TypeError unless it has both functions of a MemoryListener. */
export function assertMemoryListener(value: unknown): void {
  const { map, unmap } = (value ?? {}) as Record<string, unknown>;
  if (typeof map === "function" && typeof unmap === "function") return;
  throw optionTypeError(`listener must have functions map and unmap, got ${shown(value)}`);
}

/** @throws TypeError unless it is a request of a driver, by its type. */
export function assertRequest(value: unknown): void {
  const { type } = (value ?? {}) as Record<string, unknown>;
  if (REQUEST_TYPES.includes(type as RequestType)) return;
  throw optionTypeError(
    `request must have a type of ${REQUEST_TYPES.join(", ")}, got ${shown(OBJECT.holds(value) ? type : value)}`,
  );
}

const REQUEST_TYPES: readonly RequestType[] = ["PLUG", "UNPLUG", "UNPLUG_ALL", "STATE"];
