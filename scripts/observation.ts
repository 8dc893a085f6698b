import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

import type { DeviceRequest } from "../src/prediction.js";

/** What a recorded guest did when the host asked it for a size. */
export interface Observation {
  /** Path below the folder of recordings: the boot, and the step where it has several. */
  readonly name: string;
  readonly path: string;
  readonly requestedSize: number;
  readonly deviceBlockSize: number;
  /** One character 0 or 1 per device block of the region. */
  readonly pluggedBefore: string;
  /** When the driver first went idle or began to wait for its retry timer. */
  readonly pluggedAfter: string;
  /** Requests until then. */
  readonly requests: readonly DeviceRequest[];
}

interface Expected {
  readonly requested: number;
  readonly device_block_size: number;
  readonly plugged_before: string;
  readonly plugged_after: string;
  readonly t_request: number;
  readonly t_end: number;
}

interface TraceEvent {
  readonly t: number;
  readonly ev: string;
  readonly off: number;
  readonly nb_blocks: number;
  readonly resp: DeviceRequest["response"];
}

/** No driver waits less for its first retry; a pass never pauses that long. */
const RETRY_SECONDS = 45;

/**
 * The observations below a folder, by name. Left out are those in which the host changed its mind
 * before the driver was done: a prediction has one requested size.
 */
export function readObservations(root: string): Observation[] {
  const paths = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => /(^|\/)expected\.json$/.test(path))
    .map((path) => join(root, path, ".."))
    .sort();
  return paths.flatMap((path) => readObservation(path, relative(root, path)) ?? []);
}

function readObservation(path: string, name: string): Observation | undefined {
  const expected = JSON.parse(readFileSync(join(path, "expected.json"), "utf8")) as Expected;
  const events = readTrace(path).filter(({ t }) => t >= expected.t_request && t <= expected.t_end);
  if (events.filter(({ ev }) => ev === "requested-size").length > 1) return undefined;
  const { requests, cut } = firstRun(events);
  const pluggedBefore = expected.plugged_before;
  const pluggedAfter = cut
    ? apply(requests, pluggedBefore, expected.device_block_size)
    : expected.plugged_after;
  return {
    name,
    path,
    requestedSize: expected.requested,
    deviceBlockSize: expected.device_block_size,
    pluggedBefore,
    pluggedAfter,
    requests,
  };
}

/** The trace of the observation itself, else that of its boot. */
function readTrace(path: string): TraceEvent[] {
  const own = join(path, "trace.jsonl");
  const file = existsSync(own) ? own : join(path, "..", "trace.jsonl");
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as TraceEvent);
}

/** Requests up to the first retry by the timer; `cut` where there was one. */
function firstRun(events: readonly TraceEvent[]): { requests: DeviceRequest[]; cut: boolean } {
  const requests: DeviceRequest[] = [];
  let last = Infinity;
  for (const { t, ev, off, nb_blocks: nbBlocks, resp } of events) {
    if (ev !== "PLUG" && ev !== "UNPLUG") continue;
    if (t - last > RETRY_SECONDS) return { requests, cut: true };
    last = t;
    requests.push({ type: ev, offset: off, nbBlocks, response: resp });
  }
  return { requests, cut: false };
}

function apply(requests: readonly DeviceRequest[], before: string, blockSize: number): string {
  const plugged = Array.from(before);
  for (const { type, offset, nbBlocks, response } of requests) {
    if (response !== "ACK") continue;
    const first = offset / blockSize;
    plugged.fill(type === "PLUG" ? "1" : "0", first, first + nbBlocks);
  }
  return plugged.join("");
}
