import type { Capture } from "../capture/capture.js";
import { endOfBoot } from "../guest/boot-memory.js";
import { calibrationNamed, DEFAULT_CALIBRATION, type Calibration } from "../linux/calibration.js";
import { isModulePath } from "../policies/choice/module-path.js";
import { PolicyError } from "../policies/policy-error.js";
import { policiesOf } from "../policies/choice/resolve-policy.js";
import { formatRoughSize, formatSize, GiB, MiB, nsOf, NS_PER_MS } from "../units.js";
import { resolveStart } from "./captured-start.js";
import { Fields } from "./file/fields.js";
import { capacityOf } from "./guest-size.js";
import { resolveFault } from "./resolve-fault.js";
import { resolveGuest } from "./resolve-guest.js";
import { resolveController, resolveHost } from "./resolve-host.js";
import { expandPreset } from "./preset/index.js";
import { resolveWorkload } from "./workload/index.js";
import type { WorkloadLimits } from "./workload/kind.js";
import type { ScenarioWorkload } from "./workload/kinds.js";
import type { Scenario, ScenarioDevice, ScenarioGuest } from "./scenario.js";
import { PRICE_NAMES } from "./schema.js";

/** Samples of a run that does not say how often. */
const DEFAULT_SAMPLES = 240;
/** The shortest time between two samples. */
const MIN_EVERY_MS = 1;
const MAX_SAMPLES = 20_000;
/** Workloads that a core has room for. */
const MAX_WORKLOADS = 64;

/**
 * What a validated file says, in bytes and milliseconds, with all defaults; the rules that need
 * more than one value are checked here.
 *
 * @throws ScenarioError where they are broken.
 */
export function resolve(value: unknown, file: string, capture?: Capture): Scenario {
  const fields = new Fields(value, file);
  const durationMs = fields.time("duration");
  if (durationMs === 0) fields.reject("duration", "must be more than 0s");
  const isCaptured = fields.has("start");
  const { guest, devices } = isCaptured ? resolveStart(fields, capture) : resolveNew(fields);
  const capacity = capacityOf({ guest, devices });
  if (!isCaptured) assertAddressable(fields, guest, devices);
  const nodes = [...new Set([...guest.bootRanges, ...devices].map(({ node }) => node ?? 0))].sort(
    (a, b) => a - b,
  );
  const workloads = resolveWorkloads(fields, { durationMs, capacity, nodes });
  return {
    title: fields.text("title", ""),
    seed: fields.number("seed", 1),
    durationMs,
    policy: resolvePolicyName(fields),
    calibration: resolveCalibration(fields),
    start: isCaptured ? capture : undefined,
    guest,
    devices,
    hostMemory: fields.has("hostMemory") ? fields.size("hostMemory", 0) : undefined,
    workloads,
    host: resolveHost(fields.list("host"), devices, durationMs),
    controllers: fields
      .list("controllers")
      .map((item) => resolveController(item, devices, durationMs)),
    faults: fields
      .list("faults")
      .map((item) => resolveFault(item, { durationMs, devices, workloads })),
    record: { everyMs: resolveEvery(fields.child("record"), durationMs) },
  };
}

function resolveNew(fields: Fields): { guest: ScenarioGuest; devices: ScenarioDevice[] } {
  return { guest: resolveGuest(fields.child("guest")), devices: resolveDevices(fields) };
}

/** A pfn has 32 bits, the last of which are error numbers. */
const ADDRESSABLE = 16 * 1024 * GiB - 4 * MiB;

function assertAddressable(
  fields: Fields,
  { bootRanges, memoryBlockSize }: ScenarioGuest,
  devices: readonly ScenarioDevice[],
): void {
  let end = endOfBoot(bootRanges);
  for (const { regionSize, blockSize } of devices) {
    const unit = Math.max(memoryBlockSize, blockSize);
    end = Math.ceil(end / unit) * unit + regionSize;
  }
  if (end <= ADDRESSABLE) return;
  fields.reject(
    fields.has("devices") ? "devices" : "device.regionSize",
    `must end below 16 TiB, after boot memory and the 32-bit hole; got an end of ${formatRoughSize(end)}`,
  );
}

function resolvePolicyName(fields: Fields): string | undefined {
  if (!fields.has("policy")) return undefined;
  const name = fields.text("policy", "");
  try {
    for (const part of name.split("+")) if (!isModulePath(part.trim())) policiesOf(part);
  } catch (error) {
    if (error instanceof PolicyError) {
      fields.reject("policy", error.message.replace(/^policy /, ""));
    }
    throw error;
  }
  return name;
}

function resolveCalibration(fields: Fields): Calibration {
  const base = calibrationNamed(fields.text("calibration", DEFAULT_CALIBRATION.name));
  const prices = fields.child("prices");
  const changed = PRICE_NAMES.filter((key) => prices.has(key));
  if (changed.length === 0) return base;
  return {
    ...base,
    name: `${base.name}, changed`,
    ...Object.fromEntries(changed.map((key) => [key, prices.number(key, 0)])),
  };
}

function resolveDevices(fields: Fields): ScenarioDevice[] {
  if (fields.has("device") && fields.has("devices")) {
    fields.reject("devices", "must not stand beside device");
  }
  const items = fields.has("devices") ? fields.list("devices") : [fields.child("device")];
  const devices = items.map(resolveDevice);
  assertNamesDiffer(items, devices);
  return devices;
}

function resolveDevice(fields: Fields, at: number): ScenarioDevice {
  const regionSize = fields.size("regionSize", 4 * GiB);
  const blockSize = fields.size("blockSize", 2 * MiB);
  if (regionSize === 0) fields.reject("regionSize", "must be more than 0 B");
  fields.powerOfTwo("blockSize", blockSize, MiB, regionSize);
  fields.multiple("regionSize", regionSize, blockSize);
  const requestedSize = fields.size("requestedSize", 0);
  fields.multiple("requestedSize", requestedSize, blockSize);
  if (requestedSize > regionSize) {
    fields.reject(
      "requestedSize",
      `must be at most regionSize (${formatSize(regionSize)}), got ${formatSize(requestedSize)}`,
    );
  }
  return {
    name: fields.text("name", `device ${at + 1}`),
    regionSize,
    blockSize,
    requestedSize,
    flavour: fields.choice("flavour", "qemu"),
    node: fields.number("node", 0),
    vfio: fields.flag("vfio", false),
  };
}

function assertNamesDiffer(
  items: readonly Fields[],
  named: readonly { readonly name: string }[],
): void {
  for (const [at, { name }] of named.entries()) {
    if (named.findIndex((other) => other.name === name) === at) continue;
    items[at]?.reject("name", `must differ from the others', got "${name}" again`);
  }
}

/** Presets as the workloads that they stand for. */
function resolveWorkloads(fields: Fields, limits: WorkloadLimits): ScenarioWorkload[] {
  const items = fields.list("workloads").flatMap((item, at) => expandPreset(item, at, limits));
  if (items.length > MAX_WORKLOADS) {
    const rule = `must be at most ${MAX_WORKLOADS}, with all that presets stand for`;
    fields.reject("workloads", `${rule}, got ${items.length}`);
  }
  const workloads = items.map((item, at) => resolveWorkload(item, at, limits));
  assertNamesDiffer(items, workloads);
  return workloads;
}

function resolveEvery(fields: Fields, durationMs: number): number {
  const byDefault = Math.max(
    MIN_EVERY_MS,
    Math.ceil(nsOf(durationMs) / DEFAULT_SAMPLES) / NS_PER_MS,
  );
  const everyMs = fields.has("every") ? fields.time("every") : byDefault;
  if (everyMs < MIN_EVERY_MS) fields.reject("every", "must be at least 1ms");
  const nr = Math.floor(nsOf(durationMs) / nsOf(everyMs));
  if (nr > MAX_SAMPLES) {
    fields.reject("every", `must give at most ${MAX_SAMPLES} samples, got ${nr}`);
  }
  return everyMs;
}
