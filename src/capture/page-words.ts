import { CaptureError } from "./capture-error.js";
import { openMember, type CaptureFiles } from "./capture-files.js";

const WORD_SIZE = 8;

/**
 * A file with one u64 per pfn, as a stream that can be read any number of times.
 *
 * Its length is known only at the end of a read, and checked there: whole words, and at least
 * `nrPages` of them. The error then comes instead of the end of the stream.
 */
export function pageWords(
  files: CaptureFiles,
  name: string,
  nrPages: number,
): () => AsyncIterable<Uint8Array> {
  return async function* read() {
    let size = 0;
    for await (const piece of openMember(files, name)) {
      size += piece.length;
      yield piece;
    }
    if (size % WORD_SIZE !== 0) {
      throw new CaptureError(name, "length", `must be a multiple of 8 bytes, got ${size}`);
    }
    if (size / WORD_SIZE < nrPages) {
      throw new CaptureError(
        name,
        "length",
        `must reach the end of System RAM, page ${nrPages}, got ${size / WORD_SIZE} pages`,
      );
    }
  };
}
