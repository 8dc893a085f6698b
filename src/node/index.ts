/** What needs Node: captures in the file system. Everything else also runs in a browser. */

import { createReadStream } from "node:fs";
import { access, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { openArchive } from "../capture/archive.js";
import { CaptureError } from "../capture/capture-error.js";
import type { CaptureFiles } from "../capture/capture-files.js";
import {
  parseFreeListMeta,
  parseFreeListSteps,
  RecordingError,
  type FreeListMeta,
  type FreeListStep,
} from "../check/free-list-recording.js";

export { loadPolicies, loadPolicy, type LoadPolicyOptions } from "./load-policy.js";

/** How deep captures lie below the folder that was named: its own files, and a folder in it. */
const MAX_DEPTH = 2;

/**
 * Opens the files of a capture: a folder, or a .tar, .tar.gz or .tgz archive.
 *
 * A folder without meta.json of its own gets that of the folder above, as `../meta.json`; so one
 * observation of a recording can be named.
 *
 * @throws CaptureError if `path` is neither, or does not exist.
 */
export async function openCapture(path: string): Promise<CaptureFiles> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) {
    throw new CaptureError(path, "", "must be a folder or an archive, got no such file");
  }
  if (info.isFile()) return openArchive(path, () => createReadStream(path));
  if (!info.isDirectory()) {
    throw new CaptureError(path, "", "must be a folder or an archive, got something else");
  }
  const names = await namesIn(path, "", 1);
  if (!names.includes("meta.json") && (await exists(join(path, "..", "meta.json")))) {
    names.push("../meta.json");
  }
  return {
    name: path,
    names: () => names,
    open: (name) => fileBytes(join(path, name), name),
  };
}

async function namesIn(root: string, folder: string, depth: number): Promise<string[]> {
  const names: string[] = [];
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = `${folder}${entry.name}`;
    if (entry.isFile() || entry.isSymbolicLink()) names.push(name);
    else if (entry.isDirectory() && depth < MAX_DEPTH) {
      names.push(...(await namesIn(root, `${name}/`, depth + 1)));
    }
  }
  return names;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function* fileBytes(path: string, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new CaptureError(name, "", `must be readable, got: ${found}`, { cause: error });
  }
}

/**
 * Reads a free-list recording: `meta.json` and `steps.jsonl.gz` (or `steps.jsonl`) of a folder.
 *
 * @throws RecordingError that says which file, and what was expected.
 */
export async function readFreeListRecording(
  path: string,
): Promise<{ steps: FreeListStep[]; meta: FreeListMeta }> {
  const text = await readFile(join(path, "steps.jsonl.gz"))
    .then((bytes) => gunzipSync(bytes).toString("utf8"))
    .catch(async (cause: unknown) => {
      if (await exists(join(path, "steps.jsonl.gz"))) {
        throw new RecordingError(`steps.jsonl.gz must be a gzip file, got: ${String(cause)}`);
      }
      return readFile(join(path, "steps.jsonl"), "utf8");
    })
    .catch((cause: unknown) => {
      if (cause instanceof RecordingError) throw cause;
      throw new RecordingError(`${path} must hold steps.jsonl.gz, got: ${String(cause)}`);
    });
  const metaText = await readFile(join(path, "meta.json"), "utf8").catch(() => "{}");
  return { steps: parseFreeListSteps(text), meta: parseFreeListMeta(metaText) };
}
