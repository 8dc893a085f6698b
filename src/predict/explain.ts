import { Errno } from "../errno.js";
import type { Log, LogEntry, RunEndEntry } from "../log/event-log.js";
import { formatCount, formatDuration, formatSize, NS_PER_MS } from "../units.js";
import type { VirtioMemDevice } from "../virtio-mem/device/device.js";
import type { VirtioMemDriver } from "../virtio-mem/driver/driver.js";
import { obstaclesOf } from "./obstacles.js";

/** Why requested and plugged differ now, if they do. */
export interface Explanation {
  /** Bytes that the host requests. */
  readonly requestedSize: number;
  /** Bytes that are plugged. */
  readonly pluggedSize: number;
  /** Sentences for people, the most important first; together they say all there is to say. */
  readonly sentences: readonly string[];
  /** What would make the driver go on. */
  readonly waitsFor: "nothing" | "its work" | "a retry" | "an event" | "a reset";
  /** When it tries again by itself, in virtual milliseconds; undefined where it does not. */
  readonly retryAtMs: number | undefined;
}

/** The two sides of a device and what both have written down. */
export interface Explained {
  /** The device. */
  readonly device: VirtioMemDevice;
  /** Its driver. */
  readonly driver: VirtioMemDriver;
  /** What both have written down. */
  readonly log: Log;
}

interface LastRun {
  readonly entries: readonly LogEntry[];
  /** How it ended, or the one before while it goes on. */
  readonly end: RunEndEntry | undefined;
}

/**
 * Says in words why a guest has not what is requested of it, and what is waited for.
 *
 * @param explained - A device, its driver, and the log of both.
 * @returns Sentences, and what the driver waits for.
 *
 * @example
 * ```js
 * import { explain, Guest } from "virtio-mem-engine";
 *
 * const guest = await Guest.create();
 * guest.requestSize(2 ** 27);
 * console.log(explain(guest).waitsFor); // nothing
 * ```
 */
export function explain({ device, driver, log }: Explained): Explanation {
  const { requestedSize, pluggedSize } = device;
  const lastRun = lastRunOf(log);
  const { retryDueNs } = driver;
  const retryAtMs = retryDueNs === undefined ? undefined : retryDueNs / NS_PER_MS;
  const sentences = [headline(requestedSize, pluggedSize)];
  const done = (waitsFor: Explanation["waitsFor"], ...more: string[]): Explanation => {
    sentences.push(...more);
    return { requestedSize, pluggedSize, sentences, waitsFor, retryAtMs };
  };

  const obstruction = obstructionOf(device, driver, lastRun.end);
  if (obstruction !== undefined) return done(...obstruction);
  if (requestedSize === pluggedSize && retryDueNs === undefined) return done("nothing");
  const { end } = lastRun;
  if (end === undefined) return done("an event", "The driver has not run yet.");

  const reasons = reasonsOf(end, { device, driver, entries: lastRun.entries });
  if (retryDueNs !== undefined) {
    const inMs = Math.max(0, retryDueNs - log.clock.nowNs) / NS_PER_MS;
    return done("a retry", ...reasons, `The driver tries again in ${formatDuration(inMs)}.`);
  }
  return done(end.errno === 0 ? "nothing" : "an event", ...reasons);
}

function headline(requestedSize: number, pluggedSize: number): string {
  const sizes = `${formatSize(requestedSize)} requested, ${formatSize(pluggedSize)} plugged`;
  if (requestedSize === pluggedSize) return `${sizes}: as requested.`;
  const difference = formatSize(Math.abs(requestedSize - pluggedSize));
  return `${sizes}: ${difference} ${requestedSize > pluggedSize ? "missing" : "too many"}.`;
}

/** What keeps the driver from doing anything at all. */
function obstructionOf(
  device: VirtioMemDevice,
  driver: VirtioMemDriver,
  lastRun: RunEndEntry | undefined,
): [Explanation["waitsFor"], string] | undefined {
  if (driver.isBroken) {
    const why = lastRun?.why.replace("; broken", "") ?? "unknown";
    return ["a reset", `The driver is broken and does nothing more: ${why}.`];
  }
  if (device.health !== "working") {
    return ["a reset", "The device got a request that it cannot read and needs a reset."];
  }
  if (driver.isFrozen)
    return ["an event", "The guest is suspended; work goes on when it wakes up."];
  if (!device.isActive) return ["an event", "No driver works with the device."];
  if (driver.hasWork) return ["its work", "The driver has work queued that it has not done yet."];
  return undefined;
}

interface Reasons {
  readonly device: VirtioMemDevice;
  readonly driver: VirtioMemDriver;
  /** Of the last run. */
  readonly entries: readonly LogEntry[];
}

function reasonsOf(lastRun: RunEndEntry, explained: Reasons): string[] {
  const { device, driver } = explained;
  switch (lastRun.errno) {
    case 0:
      return [restWords(explained)];
    case -Errno.ENOSPC:
      return [spaceWords(explained)];
    case -Errno.ETXTBSY:
      return ["The device is busy: the guest migrates, or the host has no memory for it."];
    case -Errno.ENOMEM:
      return [
        lastAddFailed(explained)
          ? "The guest has no memory left to describe the memory that would be added."
          : "The guest has no memory left that pages could be moved to.",
      ];
    case -Errno.EBUSY:
      return busyWords(explained);
    default:
      return [
        `The last run ended: ${lastRun.why}. ${formatSize(device.pluggedSize)} are plugged as the ` +
          `driver knows ${formatSize(driver.pluggedSize)}.`,
      ];
  }
}

function restWords({ device, driver }: Reasons): string {
  const rest = Math.abs(device.requestedSize - device.pluggedSize);
  const { bigBlockSize, subblockSize } = driver.geometry;
  const unit = bigBlockSize ?? subblockSize;
  if (rest < unit) {
    return `The rest is smaller than the ${formatSize(unit)} that the driver works in; it stays.`;
  }
  return "What is left is online, and the driver was told to spare online memory.";
}

function spaceWords({ device, driver }: Reasons): string {
  const offline = driver
    .memoryBlocks()
    .filter(({ state }) => state === "offline" || state === "offline-partial");
  const { memoryBlockSize } = driver.geometry;
  if (offline.length > 0) {
    const size = formatSize(offline.length * memoryBlockSize);
    return (
      `${formatCount(offline.length, "memory block")} (${size}) are added but not online; ` +
      "the driver adds no more before they are."
    );
  }
  return (
    `No whole memory block is left in the usable ${formatSize(device.usableRegionSize)} of the ` +
    "device."
  );
}

function lastAddFailed({ entries }: Reasons): boolean {
  const added = entries.findLast((entry) => entry.type === "add-memory");
  return added !== undefined && added.errno !== 0;
}

function busyWords({ device, driver, entries }: Reasons): string[] {
  const refused = entries.some((entry) => entry.type === "request" && entry.response === "BUSY");
  if (refused) return ["The device is busy: the guest migrates, or the host has no memory for it."];
  const empty = driver.memoryBlocks().filter(({ pluggedSize }) => pluggedSize === 0);
  const sentences: string[] = [];
  const obstacles = obstaclesOf(entries, device);
  if (obstacles.length > 0) {
    const size = obstacles.reduce((sum, obstacle) => sum + obstacle.size, 0);
    const [first] = obstacles;
    const page =
      first?.pfn === undefined || first.pfn === null
        ? ""
        : `, the first at pfn ${first.pfn}${first.class === null ? "" : ` (${first.class})`}`;
    sentences.push(
      `${formatCount(obstacles.length, "range")} (${formatSize(size)}) could not be freed${page}.`,
    );
  }
  if (empty.length > 0) {
    sentences.push(`${formatCount(empty.length, "empty memory block")} could not be removed.`);
  }
  if (sentences.length === 0) sentences.push("Memory of the guest is busy.");
  return sentences;
}

/** What the last run wrote, from its beginning on; all there is where none has begun. */
function lastRunOf(log: Log): LastRun {
  const all = log.entries;
  const entries = all.slice(
    Math.max(
      0,
      all.findLastIndex(({ type }) => type === "run-start"),
    ),
  );
  const end = all.findLast((entry) => entry.type === "run-end");
  return { entries, end };
}
