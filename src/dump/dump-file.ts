import { CaptureError } from "../capture/capture-error.js";

/** A file that is read at any position, as memory dumps are: they are never held as a whole. */
export interface DumpFile {
  /** For messages. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** The `length` bytes from `position` on; fewer where the file ends before. */
  read(position: number, length: number): Promise<Uint8Array>;
}

/**
 * Reads all of `length` bytes.
 *
 * @param what - for the message, such as `program headers`.
 * @throws CaptureError where the file ends before.
 */
export async function readFully(
  file: DumpFile,
  position: number,
  length: number,
  what: string,
): Promise<Uint8Array> {
  if (position >= 0 && position + length <= file.size) {
    const bytes = await file.read(position, length);
    if (bytes.length === length) return bytes;
  }
  const rule = `must have ${length} bytes from byte ${position} on, got a file of ${file.size} bytes: is the dump complete?`;
  throw new CaptureError(file.name, what, rule);
}
