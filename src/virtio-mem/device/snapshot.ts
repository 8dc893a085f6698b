import { formatSize } from "../../units.js";
import type { FlavourName } from "./flavour.js";
import type { DeviceHealth } from "../protocol.js";
import type { DeviceBlockRun } from "./blocks.js";
import { optionError, optionTypeError, shown } from "../../input-error.js";

/** A device's state as plain data, for JSON or a structured clone. Sizes are bytes. */
export interface DeviceSnapshot {
  /** Name of its flavour. */
  readonly flavour: FlavourName;
  /** Guest physical start of the region in bytes. */
  readonly addr: number;
  /** Bytes of the device region. */
  readonly regionSize: number;
  /** Bytes of a device block. */
  readonly blockSize: number;
  /** ACPI proximity domain, where the device belongs to one. */
  readonly nodeId: number | null;
  /** Bytes of the region in which requests are taken. */
  readonly usableRegionSize: number;
  /** Bytes that are plugged. */
  readonly pluggedSize: number;
  /** Bytes that the host requests. */
  readonly requestedSize: number;
  /** Plugged device blocks, ascending. */
  readonly plugged: readonly DeviceBlockRun[];
  /** Features that the driver has accepted, in hexadecimal; null where no driver works with it. */
  readonly acceptedFeatures: string | null;
  /** Whether it takes requests. */
  readonly health: DeviceHealth;
}

/** What both sides of a migration must agree on (docs/spec/device.md, "Migration,
 * snapshots, events"). */
interface Identity {
  readonly addr: number;
  readonly regionSize: number;
  readonly blockSize: number;
  readonly nodeId: number | undefined;
}

/**
 * Throws a RangeError unless `snapshot` is of a device like `device` and holds together: sizes that
 * fit, runs that ascend and lie in the usable region, as much plugged as the runs say.
 */
export function assertLoadable(
  snapshot: DeviceSnapshot,
  device: Identity,
  mayDisagree: boolean,
): void {
  assertShape(snapshot);
  for (const field of ["addr", "regionSize", "blockSize"] as const) {
    if (snapshot[field] !== device[field]) {
      reject(field, formatSize(device[field]), formatSize(snapshot[field]));
    }
  }
  if (snapshot.nodeId !== (device.nodeId ?? null)) {
    reject("nodeId", String(device.nodeId ?? null), String(snapshot.nodeId));
  }
  const { blockSize, regionSize, usableRegionSize } = snapshot;
  for (const field of ["usableRegionSize", "pluggedSize", "requestedSize"] as const) {
    const size = snapshot[field];
    if (!Number.isSafeInteger(size) || size < 0 || size % blockSize !== 0) {
      reject(field, `a multiple of ${formatSize(blockSize)}`, formatSize(size));
    }
  }
  if (snapshot.requestedSize > regionSize) {
    reject(
      "requestedSize",
      `at most ${formatSize(regionSize)}`,
      formatSize(snapshot.requestedSize),
    );
  }
  if (usableRegionSize > regionSize) {
    reject("usableRegionSize", `at most ${formatSize(regionSize)}`, formatSize(usableRegionSize));
  }
  let end = 0;
  let blocks = 0;
  for (const [start, count] of snapshot.plugged) {
    const isRun = Number.isSafeInteger(start) && Number.isSafeInteger(count) && count > 0;
    if (!isRun || start < end || (start + count) * blockSize > usableRegionSize) {
      reject("plugged", "ascending runs of usable device blocks", `${count} from ${start} on`);
    }
    end = start + count;
    blocks += count;
  }
  if (!mayDisagree && blocks * blockSize !== snapshot.pluggedSize) {
    reject("pluggedSize", formatSize(blocks * blockSize), formatSize(snapshot.pluggedSize));
  }
}

const HEALTHS: readonly DeviceHealth[] = ["working", "needs-reset", "stopped"];

/** Plain data comes from files: nothing of it is what its type says before it was looked at. */
function assertShape(snapshot: unknown): void {
  if (typeof snapshot !== "object" || snapshot === null) {
    throw optionTypeError(`snapshot must be an object, got ${shown(snapshot)}`);
  }
  const { plugged, acceptedFeatures, health } = snapshot as Readonly<Record<string, unknown>>;
  if (!Array.isArray(plugged) || !plugged.every((run) => Array.isArray(run))) {
    reject("plugged", "a list of runs", shown(plugged));
  }
  const isBits = typeof acceptedFeatures === "string" && /^[\da-f]{1,16}$/i.test(acceptedFeatures);
  if (acceptedFeatures !== null && !isBits) {
    reject("acceptedFeatures", "null or up to 16 hexadecimal digits", shown(acceptedFeatures));
  }
  if (!HEALTHS.some((known) => known === health)) {
    reject("health", `one of ${HEALTHS.join(", ")}`, shown(health));
  }
}

function reject(field: string, rule: string, got: string): never {
  throw optionError(`snapshot: ${field} must be ${rule}, got ${got}`);
}
