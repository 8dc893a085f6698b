import { open, type FileHandle } from "node:fs/promises";

import { CaptureError } from "../capture/capture-error.js";
import { shown } from "../input-error.js";
import type { DumpFile } from "../dump/dump-file.js";

/** A dump in the file system, which stays open until it is closed. */
interface OpenDumpFile {
  readonly file: DumpFile;
  close(): Promise<void>;
}

/**
 * Opens a dump.
 *
 * @throws CaptureError where it cannot be read.
 */
export async function openDumpFile(path: string): Promise<OpenDumpFile> {
  const reject = (cause: unknown): never => {
    throw new CaptureError(path, "", `must be readable, got: ${shown(cause)}`, { cause });
  };
  const handle: FileHandle = await open(path, "r").catch(reject);
  const { size } = await handle.stat();
  const file: DumpFile = {
    name: path,
    size,
    async read(position, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - position)));
      let at = 0;
      while (at < bytes.length) {
        const part = await handle.read(bytes, at, bytes.length - at, position + at).catch(reject);
        if (part.bytesRead === 0) break;
        at += part.bytesRead;
      }
      return bytes.subarray(0, at);
    },
  };
  return { file, close: () => handle.close() };
}
