import { DEFAULT_CALIBRATION } from "../linux/calibration.js";
import { DEFAULT_ONLINE_SETTINGS } from "../linux/online-policy.js";
import { PolicyError } from "../policies/policy-error.js";
import { policiesOf } from "../policies/resolve-policy.js";
import { formatDuration, formatSize } from "../units.js";
import type { HostOrder, Scenario, ScenarioDevice, ScenarioGuest } from "./scenario.js";
import { Fields } from "./fields.js";
import { resolveWorkload } from "./resolve-workload.js";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const NS_PER_MS = 1e6;
/** Samples of a run that does not say how often. */
const DEFAULT_SAMPLES = 240;
/** The shortest time between two samples. */
const MIN_EVERY_NS = NS_PER_MS;
const MAX_SAMPLES = 20_000;

/**
 * What a validated file says, in bytes and nanoseconds, with all defaults; the rules that need more than one value are checked here.
 *
 * @throws ScenarioError where they are broken.
 */
export function resolve(value: unknown, file: string): Scenario {
  const fields = new Fields(value, file);
  const durationNs = fields.time("duration");
  if (durationNs === 0) fields.reject("duration", "must be more than 0s");
  const guest = resolveGuest(fields.child("guest"));
  const device = resolveDevice(fields.child("device"));
  const limits = { durationNs, capacity: guest.bootMemory + device.regionSize };
  const scenario: Scenario = {
    title: fields.text("title", ""),
    seed: fields.number("seed", 1),
    durationNs,
    policy: resolvePolicyName(fields),
    calibration: DEFAULT_CALIBRATION,
    guest,
    device,
    workloads: fields.list("workloads").map((item, at) => resolveWorkload(item, at, limits)),
    host: resolveHost(fields.list("host"), device, durationNs),
    record: { everyNs: resolveEvery(fields.child("record"), durationNs) },
  };
  return scenario;
}

function resolvePolicyName(fields: Fields): string | undefined {
  if (!fields.has("policy")) return undefined;
  const name = fields.text("policy", "");
  try {
    policiesOf(name);
  } catch (error) {
    if (error instanceof PolicyError)
      fields.reject("policy", error.message.replace(/^policy /, ""));
    throw error;
  }
  return name;
}

function resolveGuest(fields: Fields): ScenarioGuest {
  const bootMemory = fields.size("bootMemory", GiB);
  const memoryBlockSize = fields.size("memoryBlockSize", 128 * MiB);
  fields.multiple("bootMemory", bootMemory, 128 * MiB);
  if (bootMemory === 0) fields.reject("bootMemory", "must be at least 128 MiB, got 0 B");
  const driver = fields.child("driver");
  return {
    bootMemory,
    memoryBlockSize: fields.powerOfTwo("memoryBlockSize", memoryBlockSize, 128 * MiB, 2 * GiB),
    profile: fields.choice("profile", "v6.1"),
    online: {
      autoOnline: fields.choice("online", DEFAULT_ONLINE_SETTINGS.autoOnline),
      onlinePolicy: fields.choice("onlinePolicy", DEFAULT_ONLINE_SETTINGS.onlinePolicy),
      autoMovableRatio: fields.number("autoMovableRatio", DEFAULT_ONLINE_SETTINGS.autoMovableRatio),
      autoMovableNumaAware: fields.flag(
        "autoMovableNumaAware",
        DEFAULT_ONLINE_SETTINGS.autoMovableNumaAware,
      ),
      movableNode: DEFAULT_ONLINE_SETTINGS.movableNode,
    },
    subblockSize: fields.has("subblockSize") ? fields.size("subblockSize", 0) : undefined,
    driver: {
      ...(driver.has("unplugOnline") ? { unplugOnline: driver.flag("unplugOnline", true) } : {}),
      ...(driver.has("forceBbm") ? { forceBbm: driver.flag("forceBbm", false) } : {}),
      ...(driver.has("bbmBlockSize") ? { bbmBlockSize: driver.size("bbmBlockSize", 0) } : {}),
      ...(driver.has("bbmSafeUnplug") ? { bbmSafeUnplug: driver.flag("bbmSafeUnplug", true) } : {}),
    },
  };
}

function resolveDevice(fields: Fields): ScenarioDevice {
  const regionSize = fields.size("regionSize", 4 * GiB);
  const blockSize = fields.powerOfTwo(
    "blockSize",
    fields.size("blockSize", 2 * MiB),
    1,
    regionSize,
  );
  fields.multiple("regionSize", regionSize, blockSize);
  const requestedSize = fields.size("requestedSize", 0);
  assertRequest(fields, "requestedSize", requestedSize, { regionSize, blockSize });
  return { regionSize, blockSize, requestedSize, flavour: fields.choice("flavour", "qemu") };
}

function assertRequest(
  fields: Fields,
  key: string,
  bytes: number,
  { regionSize, blockSize }: Pick<ScenarioDevice, "regionSize" | "blockSize">,
): void {
  fields.multiple(key, bytes, blockSize);
  if (bytes > regionSize) {
    fields.reject(
      key,
      `must be at most device.regionSize (${formatSize(regionSize)}), got ${formatSize(bytes)}`,
    );
  }
}

function resolveHost(
  items: readonly Fields[],
  device: ScenarioDevice,
  durationNs: number,
): HostOrder[] {
  let lastNs = 0;
  return items.map((fields) => {
    const atNs = fields.time("at");
    if (atNs < lastNs) {
      fields.reject(
        "at",
        `must not be before the order above it (${formatDuration(lastNs / NS_PER_MS)}), got ${formatDuration(atNs / NS_PER_MS)}`,
      );
    }
    fields.before("at", atNs, durationNs);
    lastNs = atNs;
    const requestedSize = fields.size("requestedSize", 0);
    assertRequest(fields, "requestedSize", requestedSize, device);
    return { atNs, requestedSize };
  });
}

function resolveEvery(fields: Fields, durationNs: number): number {
  const byDefault = Math.max(MIN_EVERY_NS, Math.ceil(durationNs / DEFAULT_SAMPLES));
  const everyNs = fields.has("every") ? fields.time("every") : byDefault;
  if (everyNs < MIN_EVERY_NS) fields.reject("every", "must be at least 1ms");
  if (durationNs / everyNs > MAX_SAMPLES) {
    fields.reject(
      "every",
      `must give at most ${MAX_SAMPLES} samples, got ${Math.floor(durationNs / everyNs)}`,
    );
  }
  return everyNs;
}
