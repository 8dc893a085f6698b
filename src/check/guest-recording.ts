import { CaptureError } from "../capture/capture-error.js";
import { readText, type CaptureFiles } from "../capture/capture-files.js";
import { parseJson, recordOf } from "../capture/json-text.js";
import { jsonNumber } from "../capture/whole-number.js";
import type { DeviceRequest } from "../predict/prediction.js";
import { parseStateWrite, type StateWrite } from "./state-write.js";
import { parseTrace, type GuestWork, type TraceEvent } from "./guest-trace.js";

/** A memory block as sysfs showed it. */
export interface RecordedMemoryBlock {
  readonly id: number;
  readonly state: "online" | "offline";
  /** Zone of an online one; undefined where it spans zones or is offline. */
  readonly zone: string | undefined;
}

/** What the driver did from one event to the next wait for its retry timer. */
export interface RecordedPass {
  /** Milliseconds that the driver had waited; 0 of the first pass. */
  readonly waitedMs: number;
  readonly requests: readonly DeviceRequest[];
  /** False where something was done in the guest after the request, which nothing shows. */
  readonly isDecided: boolean;
}

/** What a recorded guest did when the host asked it for a size. */
export interface GuestObservation {
  /** Its folder in the recording without `/`; empty where the files lie at the top. */
  readonly name: string;
  /** The same as a prefix of file names. */
  readonly folder: string;
  /** What the host asked for first, and in the end. */
  readonly firstRequestedSize: number;
  readonly requestedSize: number;
  /** Sizes that the host asked for later, each after so many requests of the driver. */
  readonly changes: readonly { readonly afterRequests: number; readonly size: number }[];
  /** What user space wrote to states of memory blocks, each after so many passes. */
  readonly writes: readonly { readonly afterPasses: number; readonly write: StateWrite }[];
  readonly passes: readonly RecordedPass[];
  /** What the guest's memory management did for the driver; empty where it was not recorded. */
  readonly works: readonly GuestWork[];
  readonly deviceBlockSize: number;
  /** One character 0 or 1 per device block of the region. */
  readonly pluggedBefore: string;
  readonly pluggedAfter: string;
  /**
   * Of the device's region, at the end; undefined where something was done to them that is not
   * replayed.
   */
  readonly memoryBlocks: readonly RecordedMemoryBlock[] | undefined;
  /** When the host asked, in seconds since the machine was started. */
  readonly requestTime: number;
}

/** No driver waits less for its first retry; a pass never pauses that long. */
const RETRY_MS = 45_000;

/** The observations of a recorded guest, by name. */
export async function readGuestObservations(files: CaptureFiles): Promise<GuestObservation[]> {
  const found: GuestObservation[] = [];
  for (const file of [...files.names()].sort()) {
    if (!/^([^/]+\/)?expected\.json$/.test(file)) continue;
    found.push(await readObservation(files, file.slice(0, -"expected.json".length)));
  }
  return found;
}

/** An observation as if recording had stopped after the driver first went idle or began to wait. */
export function untilFirstRetry(observation: GuestObservation): GuestObservation {
  return firstPasses(observation, 1);
}

/** The part of an observation in which nothing was done that the recording does not show. */
export function decidedPart(observation: GuestObservation): GuestObservation {
  const { passes } = observation;
  const undecided = passes.findIndex(({ isDecided }) => !isDecided);
  return undecided < 0 ? observation : firstPasses(observation, undecided);
}

function firstPasses(observation: GuestObservation, count: number): GuestObservation {
  const { pluggedBefore, deviceBlockSize } = observation;
  if (observation.passes.length <= count) return observation;
  const passes = observation.passes.slice(0, count);
  const plugged = Array.from(pluggedBefore);
  for (const { type, offset, nbBlocks, response } of passes.flatMap(({ requests }) => requests)) {
    if (response !== "ACK") continue;
    const start = offset / deviceBlockSize;
    plugged.fill(type === "PLUG" ? "1" : "0", start, start + nbBlocks);
  }
  return { ...observation, passes, pluggedAfter: plugged.join("") };
}

async function readObservation(files: CaptureFiles, folder: string): Promise<GuestObservation> {
  const file = `${folder}expected.json`;
  const json = recordOf(parseJson(await readText(files, file), file), file, "");
  const number = (field: string): number => jsonNumber(json[field], file, field);
  const [from, to] = [seconds(json, "t_request", file), seconds(json, "t_end", file)];
  const events = (await traceOf(files, folder)).filter(({ t }) => t >= from && t <= to);
  const sizes = events.filter((event) => event.ev === "requested-size");
  const requestedSize = number("requested");
  const { passes, changes, writes } = passesOf(events);
  return {
    name: folder.replace(/\/$/, ""),
    folder,
    firstRequestedSize: sizes[0]?.size ?? requestedSize,
    requestedSize,
    changes,
    writes,
    passes,
    works: events.flatMap(({ work }) => work ?? []),
    deviceBlockSize: number("device_block_size"),
    pluggedBefore: bitsOf(json, "plugged_before", file),
    pluggedAfter: bitsOf(json, "plugged_after", file),
    memoryBlocks: memoryBlocksOf(json["memory_blocks"], file),
    requestTime: from,
  };
}

/** What host and guest did, in order of time: of the observation itself, else of its boot. */
export async function traceOf(files: CaptureFiles, folder: string): Promise<TraceEvent[]> {
  const names = new Set(files.names());
  const find = (name: string): string | undefined =>
    [`${folder}${name}`, name, `../${name}`].find((path) => names.has(path));
  const trace = find("trace.jsonl");
  if (trace === undefined) {
    throw new CaptureError(
      `${folder}trace.jsonl`,
      "",
      "must be in the recording, got no such file",
    );
  }
  const events = parseTrace(await readText(files, trace), trace);
  const guest = find("guest.jsonl");
  if (guest !== undefined) events.push(...parseTrace(await readText(files, guest), guest));
  return events.sort((a, b) => a.t - b.t);
}

export function passesOf(
  events: readonly TraceEvent[],
): Pick<GuestObservation, "passes" | "changes" | "writes"> {
  const passes: { waitedMs: number; requests: DeviceRequest[]; isDecided: boolean }[] = [];
  const changes: { afterRequests: number; size: number }[] = [];
  const writes: { afterPasses: number; write: StateWrite }[] = [];
  let current = { waitedMs: 0, requests: [] as DeviceRequest[], isDecided: true };
  passes.push(current);
  let nrRequests = 0;
  let isDecided = true;
  let hasSize = false;
  let endOfLast = Infinity;
  for (const event of events) {
    if (event.ev === "guest-cmd") {
      const write = parseStateWrite(event.command);
      if (write === undefined) isDecided = false;
      else {
        writes.push({ afterPasses: passes.length, write });
        // the driver may run at once
        endOfLast = Infinity;
      }
    }
    if (event.ev === "requested-size") {
      if (hasSize) changes.push({ afterRequests: nrRequests, size: event.size });
      hasSize = true;
      // what the host asks for ends a wait
      endOfLast = Infinity;
    }
    if (event.request === undefined && event.work === undefined) continue;
    const waitedMs = (event.t - endOfLast) * 1000;
    if (waitedMs > RETRY_MS) {
      current = { waitedMs, requests: [], isDecided };
      passes.push(current);
    }
    endOfLast = event.tEnd;
    if (event.request === undefined) continue;
    current.requests.push(event.request);
    nrRequests++;
  }
  return { passes, changes, writes };
}

function seconds(json: Record<string, unknown>, field: string, file: string): number {
  const value = json[field];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new CaptureError(file, field, `must be a number of seconds, got ${JSON.stringify(value)}`);
}

function bitsOf(json: Record<string, unknown>, field: string, file: string): string {
  const value = json[field];
  if (typeof value === "string" && /^[01]+$/.test(value)) return value;
  throw new CaptureError(file, field, "must be a text of 0 and 1, got something else");
}

function memoryBlocksOf(list: unknown, file: string): RecordedMemoryBlock[] {
  if (!Array.isArray(list)) {
    throw new CaptureError(file, "memory_blocks", "must be a list, got something else");
  }
  const blocks: RecordedMemoryBlock[] = [];
  for (const [index, item] of (list as unknown[]).entries()) {
    const field = `memory_blocks[${index}]`;
    const { id, after } = recordOf(item, file, field);
    if (after === null || after === undefined) continue;
    const block = recordOf(after, file, `${field}.after`);
    blocks.push(memoryBlockOf(jsonNumber(id, file, `${field}.id`), block, file, field));
  }
  return blocks;
}

function memoryBlockOf(
  id: number,
  { state, valid_zones: zones }: Record<string, unknown>,
  file: string,
  field: string,
): RecordedMemoryBlock {
  if (state === "offline") return { id, state, zone: undefined };
  if (state !== "online" || typeof zones !== "string") {
    throw new CaptureError(
      file,
      field,
      "must be online or offline and have valid_zones, got neither",
    );
  }
  return { id, state, zone: zones === "none" ? undefined : zones };
}
