import type { ContigEntry, LogEntry } from "../log/event-log.js";
import { PAGE_SIZE } from "../core/abi.js";
import type { Guest } from "../guest/guest.js";
import { linuxProfile } from "../linux/profile.js";
import type { DeviceRequest } from "../predict/prediction.js";
import { obstacleReason } from "../predict/obstacle-reason.js";
import { formatSize } from "../units.js";
import type { GuestObservation } from "./guest-recording.js";

// Why model and recording part, from what both say of the place where they do.

/** A reason, and whether what was recorded before decides the matter. */
export interface Reason {
  readonly why: string;
  readonly decided: boolean;
}

interface Range {
  /** Bytes from the region start. */
  readonly offset: number;
  readonly size: number;
}

/** Why the next request is another one; undefined stands for the end of a list. */
export function whyRequest(
  guest: Guest,
  observation: GuestObservation,
  recorded: DeviceRequest | undefined,
  model: DeviceRequest | undefined,
): Reason {
  const range = (request: DeviceRequest): Range => ({
    offset: request.offset,
    size: request.nbBlocks * guest.device.blockSize,
  });
  if (model === undefined) {
    const { why, decided } = tries(guest, observation, recorded && range(recorded));
    return { why: `${lastWords(guest)}; ${why}`, decided };
  }
  if (recorded === undefined) {
    const { why, decided } = tries(guest, observation, range(model));
    return { why: `the guest was done; ${why}`, decided };
  }
  if (recorded.type !== model.type) return { why: lastWords(guest), decided: true };
  // Unplugging goes downwards: the one that is further down has passed over the other.
  const passed = recorded.offset > model.offset ? recorded : model;
  return tries(guest, observation, range(passed));
}

/** Why a device block ended otherwise. */
export function whyBlock(guest: Guest, observation: GuestObservation, block: number): Reason {
  const size = guest.device.blockSize;
  return tries(guest, observation, { offset: block * size, size });
}

/** Why a memory block ended in another state or zone. */
export function whyMemoryBlock(guest: Guest, observation: GuestObservation, id: number): Reason {
  const size = guest.hotplug.memoryBlockSize;
  return tries(guest, observation, { offset: id * size - guest.device.addr, size });
}

/** Why the driver waits otherwise, or not at all. */
export function whyRetry(guest: Guest): Reason {
  const { minimumMs, maximumMs } = linuxProfile(guest.profile.name).driver.retry;
  const waits = `${minimumMs / 1000} s, doubled up to ${maximumMs / 1000} s`;
  return { why: `${lastWords(guest)}; this version waits ${waits}`, decided: true };
}

function lastWords(guest: Guest): string {
  const last = [...guest.log.of("run-end")].at(-1);
  return last === undefined ? "the model's driver did not run" : `the model's driver: ${last.why}`;
}

/** What both found when they tried to empty a range. */
function tries(guest: Guest, observation: GuestObservation, range: Range | undefined): Reason {
  if (range === undefined) return { why: "nothing more to compare", decided: true };
  const { why, decided } = modelTries(guest, range);
  return { why: `${why}; ${recordedTries(observation, range)}`, decided };
}

function modelTries(guest: Guest, range: Range): Reason {
  const failures = guest.log.entries.filter((entry) => isFailureIn(entry, guest, range));
  const smallest = failures.sort((a, b) => a.nrPages - b.nrPages)[0];
  if (smallest === undefined || smallest.stage === "done") {
    return { why: "the model met no blocking page there", decided: true };
  }
  if (smallest.stage === "memory") {
    const why =
      "the model had no memory to migrate these pages to; no capture shows where memory runs out";
    return { why, decided: false };
  }
  const { blockingClass, stage, blockingPfn } = smallest;
  const { heldBy } = obstacleReason({ class: blockingClass ?? null, stage });
  const at = blockingPfn === undefined ? "" : `, pfn ${blockingPfn}`;
  const unsure = doubt(blockingClass);
  const why = `the model found ${heldBy} there (${stage}${at})${unsure}`;
  return { why, decided: unsure === "" };
}

function isFailureIn(entry: LogEntry, { device }: Guest, range: Range): entry is ContigEntry {
  if (entry.type !== "contig" || entry.errno === 0) return false;
  const start = entry.startPfn * PAGE_SIZE - device.addr;
  return start < range.offset + range.size && start + entry.nrPages * PAGE_SIZE > range.offset;
}

/** What no capture can tell of a class. */
function doubt(pageClass: string | undefined): string {
  switch (pageClass) {
    case "buffer":
      return ", which the journal may hold or not: no file shows it";
    case "slab":
    case "lru-pending":
    case "cached":
      return ", which comes and goes by itself";
    default:
      return "";
  }
}

function recordedTries({ works }: GuestObservation, range: Range): string {
  if (works.length === 0) return "the recording does not say what the guest met there";
  const inRange = works.filter(
    ({ offset, size }) => offset < range.offset + range.size && offset + size > range.offset,
  );
  const last = inRange.at(-1);
  if (last === undefined) return "the guest did not try it";
  const what = `the guest's last attempt there (${formatSize(last.size)})`;
  if (last.errno === 0) return `${what} succeeded`;
  const how = last.atOnce ? "at once" : "after moving pages";
  const at = last.blockingPfn === undefined ? "" : `, pfn ${last.blockingPfn} in the way`;
  return `${what} failed ${how} with ${last.errno}${at}`;
}
