import { close, open, read as readFile } from "node:fs";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";

import { CaptureError } from "../capture/capture-error.js";
import type { DumpFile } from "../dump/dump-file.js";
import { shown } from "../input-error.js";

/** An open file, by its descriptor. */
interface Handle {
  readonly fd: number;
  isOpen: boolean;
}

/** A dump in the file system, which stays open until it is closed, or nothing uses it any more. */
interface OpenDumpFile {
  readonly file: DumpFile;
  readonly close: () => void;
}

const openFile = promisify(open);
const readAt = promisify(readFile);
/** What a caller leaves behind is closed with its last reader, without a warning. */
const forgotten = new FinalizationRegistry<number>((fd) => {
  close(fd);
});

/**
 * Opens a dump.
 *
 * @throws CaptureError where it cannot be read.
 */
export async function openDumpFile(path: string): Promise<OpenDumpFile> {
  const reject = (cause: unknown): never => {
    throw new CaptureError(path, "", `must be readable, got: ${shown(cause)}`, { cause });
  };
  const { size } = await stat(path).catch(reject);
  const fd = await openFile(path, "r").catch(reject);
  // as long as a read holds it, it is not forgotten
  const handle: Handle = { fd, isOpen: true };
  forgotten.register(handle, fd, handle);
  const file: DumpFile = {
    name: path,
    size,
    async read(position, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - position)));
      let at = 0;
      while (at < bytes.length && handle.isOpen) {
        const left = bytes.length - at;
        const part = await readAt(handle.fd, bytes, at, left, position + at).catch(reject);
        if (part.bytesRead === 0) break;
        at += part.bytesRead;
      }
      return bytes.subarray(0, at);
    },
  };
  return {
    file,
    close: () => {
      if (!handle.isOpen) return;
      handle.isOpen = false;
      forgotten.unregister(handle);
      close(fd);
    },
  };
}
