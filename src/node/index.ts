/**
 * What needs Node: captures in the file system, policies from modules. Everything else also runs in
 * a browser.
 *
 * @packageDocumentation
 */

import { createReadStream } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { openArchive } from "../capture/archive.js";
import { CaptureError } from "../capture/capture-error.js";
import type { CaptureFiles } from "../capture/capture-files.js";

export type * from "../index.js";
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
