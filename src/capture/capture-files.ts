import { piecesOf } from "./byte-stream.js";
import { CaptureError } from "./capture-error.js";
import { gunzip } from "./gunzip.js";

/**
 * The files of a capture, wherever they are: a folder, an archive, files dropped on a page.
 *
 * Names are relative paths with `/`. `open` may be called any number of times for the same name
 * and starts a new read each time; whoever stops early calls `return` on the iterator, as
 * `for await` does.
 */
export interface CaptureFiles {
  /** Where the files come from, for messages. */
  readonly name: string;
  names(): readonly string[];
  open(name: string): AsyncIterable<Uint8Array>;
}

/** Text members are read whole; longer than this is no text of a capture. */
const MAX_TEXT_SIZE = 2 ** 26;

/** Files by name, as a page gets them when they are dropped on it; also files made in memory. */
export function captureFilesOf(name: string, members: ReadonlyMap<string, Blob>): CaptureFiles {
  return {
    name,
    names: () => [...members.keys()],
    open: (member) => {
      const blob = members.get(member);
      if (blob !== undefined) return piecesOf(blob.stream());
      throw new CaptureError(member, "", "must be there, got no such file");
    },
  };
}

/** The bytes of a member, decompressed where its name ends in `.gz`. */
export function openMember(files: CaptureFiles, name: string): AsyncIterable<Uint8Array> {
  return name.endsWith(".gz") ? gunzip(files.open(name), name) : files.open(name);
}

/** Reads a member as UTF-8 text. @throws CaptureError if it is longer than 64 MiB. */
export async function readText(files: CaptureFiles, name: string): Promise<string> {
  const decoder = new TextDecoder();
  let size = 0;
  let text = "";
  for await (const piece of openMember(files, name)) {
    size += piece.length;
    if (size > MAX_TEXT_SIZE) {
      throw new CaptureError(name, "", "must be at most 64 MiB of text, got more");
    }
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}
