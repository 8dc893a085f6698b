// What was dropped on the page: a capture, a scenario, or a result of --json.

import {
  captureFilesOf,
  InputError,
  openArchive,
  readCaptures,
  type Capture,
  type Prediction,
  type ScenarioResult,
} from "../../../src/index.js";
import type { NamedFile } from "./protocol.js";

/** Longer texts are no scenarios and no results. */
const MOST_TEXT = 2 ** 26;

export type Found =
  | { readonly kind: "capture"; readonly captures: readonly Capture[] }
  | { readonly kind: "scenario"; readonly text: string }
  | { readonly kind: "prediction"; readonly prediction: Prediction }
  | { readonly kind: "run"; readonly result: ScenarioResult };

/**
 * @throws InputError for what is none of these; CaptureError for a capture that cannot be used.
 */
export async function find(
  name: string,
  files: readonly NamedFile[],
  folder: string | undefined,
): Promise<Found> {
  const [first, ...others] = files;
  if (first === undefined) throw new InputError("the page must be given a file, got none");
  const options = folder === undefined ? {} : { folder };
  if (others.length > 0 || first.path.includes("/")) {
    const members = new Map(files.map(({ path, file }) => [path, file]));
    const captures = await readCaptures(captureFilesOf(name, members), options);
    return { kind: "capture", captures };
  }
  if (await isText(first.file, first.path)) return findInText(await first.file.text(), name);
  const captures = await readCaptures(await openArchive(name, first.file), options);
  return { kind: "capture", captures };
}

/** An archive is not, whatever it is called. */
async function isText(file: Blob, path: string): Promise<boolean> {
  if (file.size > MOST_TEXT) return false;
  if (/\.(ya?ml|json)$/i.test(path)) return true;
  if (/\.(gz|tgz|tar)$/i.test(path)) return false;
  const head = new Uint8Array(await file.slice(0, 512).arrayBuffer());
  return head.length > 0 && head.every((byte) => byte >= 9 && byte !== 127 && byte < 0xf8);
}

function findInText(text: string, name: string): Found {
  const value = jsonOf(text);
  if (isObject(value)) {
    if ("devices" in value && Array.isArray(value.devices) && isPrediction(value.devices[0])) {
      return { kind: "prediction", prediction: value.devices[0] };
    }
    if (isPrediction(value)) return { kind: "prediction", prediction: value };
    if (isRun(value)) return { kind: "run", result: value };
    if ("policies" in value || "rows" in value) {
      throw new InputError(
        `${name}: must be a capture, a scenario, or what predict or run print with --json`,
      );
    }
  }
  return { kind: "scenario", text };
}

function jsonOf(text: string): unknown {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function has(value: Record<string, unknown>, types: Readonly<Record<string, string>>): boolean {
  return Object.entries(types).every(([key, type]) =>
    type === "array" ? Array.isArray(value[key]) : typeof value[key] === type,
  );
}

/** Enough of it that showing it meets nothing else. */
function isPrediction(value: unknown): value is Prediction {
  return (
    isObject(value) &&
    has(value, {
      pluggedBefore: "string",
      pluggedAfter: "string",
      regionStart: "number",
      regionSize: "number",
      memoryBlockSize: "number",
      subblockSize: "number",
      deviceBlockSize: "number",
      obstacles: "array",
      stays: "array",
      memoryBlocks: "array",
      interval: "array",
      requests: "array",
      retries: "array",
      notes: "array",
      cost: "object",
    })
  );
}

function isRun(value: unknown): value is ScenarioResult {
  return (
    isObject(value) &&
    has(value, {
      samples: "array",
      events: "array",
      workloads: "array",
      devices: "array",
      summary: "object",
      endedMs: "number",
    })
  );
}
