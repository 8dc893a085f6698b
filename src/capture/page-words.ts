import { CaptureError } from "./capture-error.js";
import { openMember, type CaptureFiles } from "./capture-files.js";

const WORD_SIZE = 8;
/** Linux rounds up to a section or two, and remembers memory that is gone: 128 GiB. */
const SLACK_PAGES = 2 ** 25;

/**
 * A file with one u64 per pfn, as a stream that can be read any number of times.
 *
 * Its length is known only at the end of a read, and checked there: whole words, and at least
 * `nrPages` of them. The error then comes instead of the end of the stream. A stream that goes on
 * far above `endPage`, where all memory ends, is none of the guest's and is not read on.
 */
export function pageWords(
  files: CaptureFiles,
  name: string,
  nrPages: number,
  endPage = nrPages,
): () => AsyncIterable<Uint8Array> {
  return async function* read() {
    let size = 0;
    for await (const piece of openMember(files, name)) {
      size += piece.length;
      if (size > (endPage + SLACK_PAGES) * WORD_SIZE) {
        const rule = `must end soon after page ${endPage}, where the guest's memory ends, got more than ${Math.floor(size / WORD_SIZE)} pages`;
        throw new CaptureError(name, "length", rule);
      }
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
