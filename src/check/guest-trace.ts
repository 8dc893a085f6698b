import { CaptureError, quoted } from "../capture/capture-error.js";
import { parseJson, recordOf } from "../capture/json-text.js";
import { jsonNumber } from "../capture/whole-number.js";
import type { DeviceRequest } from "../predict/prediction.js";
import { PAGE_SIZE } from "../units.js";

/** Something that host or guest did, from `trace.jsonl` or `guest.jsonl` of a recording. */
export interface TraceEvent {
  /** Seconds since the machine was started, and when it was over. */
  readonly t: number;
  readonly tEnd: number;
  readonly ev: string;
  /** Of `requested-size`. */
  readonly size: number;
  /** Of a command in the guest; empty elsewhere. */
  readonly command: string;
  /** Of a request that plugs or unplugs. */
  readonly request: DeviceRequest | undefined;
  /** Of what the driver has the guest's memory management do. */
  readonly work: GuestWork | undefined;
}

/** A call into the guest's memory management. */
export interface GuestWork {
  /** Bytes from the region start. */
  readonly offset: number;
  readonly size: number;
  /** 0 or a negative errno. */
  readonly errno: number;
  /** The blocking page, where the recording names it. */
  readonly blockingPfn: number | undefined;
  /** Was it refused before anything was moved? */
  readonly atOnce: boolean;
}

const GUEST_WORK = new Set([
  "alloc_contig_range",
  "offline_and_remove_memory",
  "add_memory_driver_managed",
]);
const RESPONSES = ["ACK", "NACK", "BUSY", "ERROR"] as const;

/** Reads a file of events, one JSON object a line. @throws CaptureError that names the line. */
export function parseTrace(text: string, file: string): TraceEvent[] {
  const events: TraceEvent[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const where = `line ${index + 1}`;
    events.push(eventOf(recordOf(parseJson(line, `${file} ${where}`), file, where), file, where));
  }
  return events;
}

function eventOf(json: Record<string, unknown>, file: string, where: string): TraceEvent {
  const { t, ev } = json;
  if (typeof t !== "number" || !Number.isFinite(t) || typeof ev !== "string") {
    throw new CaptureError(file, where, "must have a time t and an event ev, got neither or one");
  }
  const isGuestWork = GUEST_WORK.has(ev);
  const took = isGuestWork ? json["dt"] : undefined;
  const answered = json["t_resp"];
  return {
    t,
    tEnd: typeof took === "number" ? t + took : typeof answered === "number" ? answered : t,
    ev,
    size: ev === "requested-size" ? jsonNumber(json["size"], file, `${where}: size`) : 0,
    command: typeof json["cmd"] === "string" ? json["cmd"] : "",
    request: ev === "PLUG" || ev === "UNPLUG" ? requestOf(ev, json, file, where) : undefined,
    work: isGuestWork ? workOf(json) : undefined,
  };
}

function requestOf(
  type: "PLUG" | "UNPLUG",
  json: Record<string, unknown>,
  file: string,
  where: string,
): DeviceRequest {
  const response = RESPONSES.find((known) => known === json["resp"]);
  if (response === undefined) {
    const found = quoted(JSON.stringify(json["resp"] ?? null));
    throw new CaptureError(
      file,
      `${where}: resp`,
      `must be one of ${RESPONSES.join(", ")}, got ${found}`,
    );
  }
  const offset = jsonNumber(json["off"], file, `${where}: off`);
  const nbBlocks = jsonNumber(json["nb_blocks"], file, `${where}: nb_blocks`);
  return { type, offset, nbBlocks, response };
}

/** Undefined where it is not about the device's region. */
function workOf(json: Record<string, unknown>): GuestWork | undefined {
  const { off, size, nr_pages: nrPages, ret, iso_ok: isIsolated, iso_fin_pfn: pfn } = json;
  if (typeof off !== "number" || off < 0) return undefined;
  return {
    offset: off,
    size: typeof size === "number" ? size : typeof nrPages === "number" ? nrPages * PAGE_SIZE : 0,
    errno: typeof ret === "number" ? ret : 0,
    blockingPfn: isIsolated !== true && typeof pfn === "number" ? pfn : undefined,
    atOnce: json["migrate"] === undefined,
  };
}
