/**
 * What needs Node: captures in the file system, policies from modules. Everything else also runs in
 * a browser.
 *
 * @packageDocumentation
 */

import { createReadStream, type Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { openArchive } from "../capture/archive.js";
import { CaptureError } from "../capture/capture-error.js";
import type { CaptureFiles } from "../capture/capture-files.js";
import type { MemoryRange } from "../dump/physical-memory.js";
import { optionTypeError, shown } from "../input-error.js";
import { openDump } from "./open-dump.js";

export type * from "../index.js";
export { captureDigest, SweepFolder } from "./sweep-folder.js";
export { loadPolicies, loadPolicy, type LoadPolicyOptions } from "./load-policy.js";

export type { MemoryRange } from "../dump/physical-memory.js";

/** What the file of a capture does not say of itself. */
export interface OpenCaptureOptions {
  /**
   * The file is a raw image of a guest's memory, and this is what it has: guest physical addresses
   * in bytes, in the order in which the parts follow each other in the file.
   */
  readonly memoryMap?: readonly MemoryRange[];
}

/** How deep captures lie below the folder that was named: its own files, and a folder in it. */
const MAX_DEPTH = 2;

/**
 * Opens the files of a capture: a folder, a .tar, .tar.gz or .tgz archive, or a dump of a guest's
 * memory (an ELF core, a kdump-compressed file, a raw image), of which the files are made as they
 * are read.
 *
 * A folder without meta.json of its own gets that of the folder above, as `../meta.json`; so one
 * observation of a recording can be named. A dump stays open.
 *
 * @param path - Folder, archive or dump, relative to the working directory.
 * @param options - What lies where in a raw image that is not all of the memory from address 0 on.
 * @throws CaptureError if `path` is none of them, does not exist, or is a dump of no guest that
 *   this package knows.
 *
 * @example
 * ```js
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * const files = await openCapture("web-server.tar.gz");
 * console.log(files.names().length > 0); // true
 * ```
 */
export async function openCapture(
  path: string,
  options: OpenCaptureOptions = {},
): Promise<CaptureFiles> {
  if (typeof path !== "string") {
    throw optionTypeError(`path must be a text, got ${shown(path)}`);
  }
  const info = await stat(path).catch((cause: unknown) => {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const found = isMissing ? "no such file" : shown(cause);
    throw new CaptureError(path, "", `must be a folder or an archive, got ${found}`);
  });
  if (info.isFile()) {
    const dump = await openDump(path, options.memoryMap);
    return dump ?? openArchive(path, () => unchangedBytes(path, info));
  }
  if (!info.isDirectory()) {
    throw new CaptureError(path, "", "must be a folder or an archive, got something else");
  }
  const names = await namesIn(path, "", 1).catch((cause: unknown) => {
    throw new CaptureError(path, "", `must be a folder that can be read, got: ${shown(cause)}`);
  });
  if (!names.includes("meta.json") && (await isFile(join(path, "..", "meta.json")))) {
    names.push("../meta.json");
  }
  return {
    name: path,
    names: () => names,
    open: (name) => fileBytes(join(path, name), name),
  };
}

/** A file that is read more than once. @throws CaptureError where it is not the same any more. */
async function* unchangedBytes(path: string, first: Stats): AsyncGenerator<Uint8Array> {
  const info = await stat(path).catch(() => undefined);
  const isSame =
    info?.size === first.size && info.mtimeMs === first.mtimeMs && info.ino === first.ino;
  if (!isSame) {
    throw new CaptureError(
      path,
      "",
      "must stay as it is while it is read, got one that has changed",
    );
  }
  yield* fileBytes(path, path);
}

async function namesIn(root: string, folder: string, depth: number): Promise<string[]> {
  const names: string[] = [];
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = `${folder}${entry.name}`;
    if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(join(root, name))))) {
      names.push(name);
    }
    if (entry.isDirectory() && depth < MAX_DEPTH) {
      names.push(...(await namesIn(root, `${name}/`, depth + 1)));
    }
  }
  return names;
}

/** Through symbolic links; a device or a pipe is no file of a capture, and would not end. */
async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isFile(),
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
