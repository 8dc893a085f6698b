import { piecesOf } from "./byte-stream.js";
import { CaptureError } from "./capture-error.js";
import { gunzip } from "./gunzip.js";

/**
 * The files of a capture, wherever they are: a folder, an archive, files dropped on a page.
 *
 * Names are relative paths with `/`. `open` may be called any number of times for the same name
 * and starts a new read each time; a reader that stops early calls `return` on the iterator, as
 * `for await` does.
 */
export interface CaptureFiles {
  /** Where the files come from, for messages. */
  readonly name: string;
  /** What had to be assumed to make the files, in words; a memory dump has such. */
  readonly notes?: readonly string[];
  /** Names of all files, with `/` between folders. */
  names(): readonly string[];
  /**
   * Starts to read a file from its beginning.
   *
   * @param name - One of {@link names}.
   */
  open(name: string): AsyncIterable<Uint8Array>;
}

/** Text members are read whole; longer than this is no text of a capture. */
const MAX_TEXT_SIZE = 2 ** 24;

/**
 * Files by name, as a page gets them when they are dropped on it; also files made in memory.
 *
 * @param name - Where the files come from, for messages.
 * @param members - The files by name, with `/` between folders.
 *
 * @example
 * ```js
 * import { captureFilesOf } from "virtio-mem-engine";
 *
 * const files = captureFilesOf("files of a page", new Map([["iomem", new Blob(["..."])]]));
 * console.log(files.names()); // [ 'iomem' ]
 * ```
 */
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

/**
 * The bytes of a member, decompressed where they begin as gzip does.
 *
 * The name does not decide: a server may decompress `.gz` files on the way (`Content-Encoding`),
 * and a browser may compress what has another name. An empty `.gz` file is still a damaged one.
 */
export async function* openMember(
  files: CaptureFiles,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = files.open(name)[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let first: number[] = [];
  while (first.length < GZIP_MAGIC.length) {
    const next = await source.next();
    if (next.done === true) break;
    head.push(next.value);
    first = [...first, ...next.value.subarray(0, GZIP_MAGIC.length - first.length)];
  }
  const whole = followedBy(head, source);
  const isGzip = GZIP_MAGIC.every((byte, at) => byte === first[at]);
  yield* isGzip || (first.length === 0 && name.endsWith(".gz")) ? gunzip(whole, name) : whole;
}

/** How a gzip file begins (RFC 1952, section 2.3.1); no text, and no flags of page 0, begin so. */
const GZIP_MAGIC = [0x1f, 0x8b];

async function* followedBy(
  head: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}

/** Reads a member as UTF-8 text. @throws CaptureError if it is longer than 16 MiB. */
export async function readText(files: CaptureFiles, name: string): Promise<string> {
  const decoder = new TextDecoder();
  let size = 0;
  let text = "";
  for await (const piece of openMember(files, name)) {
    size += piece.length;
    if (size > MAX_TEXT_SIZE) {
      throw new CaptureError(name, "", "must be at most 16 MiB of text, got more");
    }
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}
