import { nearName } from "../near-name.js";
import { formatDuration, formatSize, MiB, nsOf, NS_PER_MS } from "../units.js";
import type { Fields } from "./file/fields.js";
import type { Controller, HostOrder, ScenarioDevice } from "./scenario.js";

const MAX_RAMP_STEPS = 10_000;

/** Orders of the host in order of time, ramps as their steps. */
export function resolveHost(
  items: readonly Fields[],
  devices: readonly ScenarioDevice[],
  durationMs: number,
): HostOrder[] {
  let lastMs = 0;
  const sizes = devices.map(({ requestedSize }) => requestedSize);
  const orders = items.flatMap((fields) => {
    const atMs = fields.time("at");
    if (atMs < lastMs) {
      const [above, got] = [lastMs, atMs].map(formatDuration);
      fields.reject(
        "at",
        `must not be before the order above it (${above ?? ""}), got ${got ?? ""}`,
      );
    }
    fields.before("at", atMs, durationMs);
    lastMs = atMs;
    const device = deviceOf(fields, devices);
    const requestedSize = requestOf(fields, "requestedSize", 0, devices[device]);
    const from = sizes[device] ?? 0;
    sizes[device] = requestedSize;
    if (!fields.has("until")) {
      if (fields.has("step")) fields.reject("step", "must stand beside until");
      return [{ atMs, requestedSize, device }];
    }
    return rampOf(fields, { atMs, requestedSize, device }, from, devices[device]);
  });
  return orders.sort((a, b) => a.atMs - b.atMs);
}

/** Steps of equal size at equal distances; the last one arrives at `until`. */
function rampOf(
  fields: Fields,
  { atMs, requestedSize, device }: HostOrder,
  from: number,
  spec: ScenarioDevice | undefined,
): HostOrder[] {
  const untilMs = fields.time("until");
  if (untilMs <= atMs) {
    const [start, got] = [atMs, untilMs].map(formatDuration);
    fields.reject("until", `must be after at (${start ?? ""}), got ${got ?? ""}`);
  }
  const blockSize = spec?.blockSize ?? 2 * MiB;
  const step = fields.size("step", Math.max(128 * MiB, blockSize));
  fields.multiple("step", step, blockSize);
  if (step === 0) fields.reject("step", "must be more than 0 B");
  const nr = Math.ceil(Math.abs(requestedSize - from) / step);
  if (nr > MAX_RAMP_STEPS) {
    fields.reject("step", `must give at most ${MAX_RAMP_STEPS} steps, got ${nr}`);
  }
  const sign = Math.sign(requestedSize - from);
  const [startNs, endNs] = [nsOf(atMs), nsOf(untilMs)];
  return Array.from({ length: nr }, (_, at) => ({
    atMs: nr === 1 ? atMs : (startNs + Math.round(((endNs - startNs) * at) / (nr - 1))) / NS_PER_MS,
    requestedSize: at === nr - 1 ? requestedSize : from + sign * step * (at + 1),
    device,
  }));
}

export function resolveController(
  fields: Fields,
  devices: readonly ScenarioDevice[],
  durationMs: number,
): Controller {
  const device = deviceOf(fields, devices);
  const spec = devices[device];
  const everyMs = fields.time("every");
  if (everyMs < 1) fields.reject("every", "must be at least 1ms");
  const startMs = fields.time("start");
  fields.before("start", startMs, durationMs);
  const step = requestOf(fields, "step", 0, spec);
  if (step === 0) fields.reject("step", "must be more than 0 B");
  const least = requestOf(fields, "least", 0, spec);
  const most = requestOf(fields, "most", spec?.regionSize ?? 0, spec);
  if (least > most) {
    fields.reject("least", `must be at most most (${formatSize(most)}), got ${formatSize(least)}`);
  }
  return {
    startMs,
    stopMs: fields.time("stop", durationMs),
    everyMs,
    step,
    least,
    most,
    device,
  };
}

/** A size that the device could be asked for. */
function requestOf(
  fields: Fields,
  key: string,
  byDefault: number,
  device: ScenarioDevice | undefined,
): number {
  const bytes = fields.size(key, byDefault);
  if (device === undefined) return bytes;
  fields.multiple(key, bytes, device.blockSize);
  if (bytes > device.regionSize) {
    fields.reject(
      key,
      `must be at most the regionSize of ${device.name} (${formatSize(device.regionSize)}), got ${formatSize(bytes)}`,
    );
  }
  return bytes;
}

/** Index of the device that is named; the first where none is. */
export function deviceOf(fields: Fields, devices: readonly ScenarioDevice[]): number {
  if (!fields.has("device")) return 0;
  return named(fields, "device", devices);
}

/** Index of what `key` names. */
export function named(
  fields: Fields,
  key: string,
  all: readonly { readonly name: string }[],
): number {
  const name = fields.text(key, "");
  const index = all.findIndex((item) => item.name === name);
  if (index >= 0) return index;
  const names = all.map((item) => item.name);
  const near = nearName(name, names);
  const hint = near === undefined ? "" : ` (did you mean "${near}"?)`;
  const known = names.length === 0 ? "there is none" : `known are ${names.join(", ")}`;
  return fields.reject(key, `must name a ${key} of this file, got "${name}"${hint}; ${known}`);
}
