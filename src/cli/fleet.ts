import { basename, join } from "node:path";

import { failedFleetRow, fleetRow, worstFirst, type FleetRow } from "../report/fleet-row.js";
import { fleetCsv } from "../report/fleet-csv.js";
import { fleetPrometheus } from "../report/fleet-prometheus.js";
import { fleetText } from "../report/fleet-text.js";
import { isInputError, visibleText } from "../input-error.js";
import type { Capture } from "../capture/capture.js";
import type { Prediction } from "../predict/prediction.js";
import { isFolder, namesIn } from "../node/folder.js";
import { print } from "./output.js";
import { EXIT_BAD_INPUT } from "./exit-status.js";
import { terminalLook } from "./terminal.js";
import { UsageError } from "./usage-error.js";

export const FLEET_FORMATS = ["text", "csv", "jsonl", "prometheus"] as const;
export type FleetFormat = (typeof FLEET_FORMATS)[number];

/** Ending of a capture in one file. */
export const ARCHIVE = /\.(tar|tgz|tar\.gz)$/i;

/**
 * Captures that the arguments of `predict` name, in their order: each as it is, but for a folder
 * of captures, which stands for those in it, by name.
 */
export function namedCaptures(paths: readonly string[]): string[] {
  return paths.flatMap((path) => capturesIn(path) ?? [path]);
}

/**
 * The captures in a folder that is none itself: archives, or folders with page flags. Undefined
 * for anything else, a recording of one guest among them.
 */
function capturesIn(path: string): string[] | undefined {
  if (!isFolder(path)) return undefined;
  const names = namesIn(path);
  if (hasFlags(names) || names.includes("meta.json")) return undefined;
  const found = names.filter((name) => ARCHIVE.test(name) || isCaptureFolder(join(path, name)));
  const isFleet = found.length > 1 || found.some((name) => ARCHIVE.test(name));
  return isFleet ? found.map((name) => join(path, name)) : undefined;
}

function isCaptureFolder(path: string): boolean {
  if (!isFolder(path)) return false;
  const names = namesIn(path);
  return hasFlags(names) || (names.includes("capture") && hasFlags(namesIn(join(path, "capture"))));
}

function hasFlags(names: readonly string[]): boolean {
  return names.some((name) => /(^kpageflags|\.kpf)(\.gz)?$/.test(name));
}

/** How the captures of a fleet are read and predicted. */
export interface FleetWork {
  readonly read: (path: string) => Promise<Capture[]>;
  /** One prediction for each device. */
  readonly predict: (captures: Capture[]) => Promise<Prediction[]>;
  /** Called with the rows of the first `done` captures, worst first. */
  readonly onRows?: (rows: readonly FleetRow[], done: number) => void;
}

/**
 * Predicts one capture after the other; one that cannot be used is a row of its own.
 *
 * @returns the rows, worst first.
 */
export async function fleetRows(paths: readonly string[], work: FleetWork): Promise<FleetRow[]> {
  const names = guestNames(paths);
  const rows: FleetRow[] = [];
  for (const [at, path] of paths.entries()) {
    const guest = names[at] ?? path;
    try {
      const predictions = await work.predict(await work.read(path));
      rows.push(...predictions.map((prediction) => fleetRow(guest, path, prediction)));
    } catch (error) {
      if (!isInputError(error) && !isOutOfMemory(error)) throw error;
      rows.push(failedFleetRow(guest, path, error.message));
    }
    work.onRows?.(worstFirst(rows), at + 1);
  }
  return worstFirst(rows);
}

/** What a guest with too many pages for this machine ends in; smaller ones still go. */
function isOutOfMemory(error: unknown): error is RangeError {
  return error instanceof RangeError && /memory|allocation failed/i.test(error.message);
}

/**
 * The host's name as the capture script writes it into the name of its archive; the whole path
 * where two guests are called the same.
 */
function guestNames(paths: readonly string[]): string[] {
  const names = paths.map((path) =>
    basename(path)
      .replace(ARCHIVE, "")
      .replace(/^virtio-mem-capture-(?=.)/, ""),
  );
  return names.map((name, at) =>
    names.indexOf(name) === names.lastIndexOf(name) ? name : (paths[at] ?? name),
  );
}

/** Prints the rows, and sets the exit status where a capture cannot be used. */
export function printFleet(rows: readonly FleetRow[], format: FleetFormat): void {
  print(fleetAs(format, rows));
  if (rows.some(({ error }) => error !== null)) process.exitCode = EXIT_BAD_INPUT;
}

export function fleetAs(format: FleetFormat, rows: readonly FleetRow[]): string {
  switch (format) {
    case "csv":
      return fleetCsv(rows);
    case "prometheus":
      return fleetPrometheus(rows);
    case "jsonl":
      return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
    case "text":
      return fleetText(rows, { columns: terminalLook().columns });
  }
}

/** @throws UsageError that names two paths that are the same capture. */
export function assertDifferentPaths(paths: readonly string[]): void {
  const twice = paths.find((path, at) => paths.indexOf(path) !== at);
  if (twice !== undefined) {
    throw new UsageError(`<capture> must name each capture once, got ${visibleText(twice)} twice`);
  }
}
