import { createTarDecoder } from "modern-tar";
import { feed, piecesOf } from "./byte-stream.js";
import { CaptureError } from "./capture-error.js";
import type { CaptureFiles } from "./capture-files.js";
import { gunzip } from "./gunzip.js";

/** Members up to this size are kept after the first pass, as long as all of them fit the second. */
const MAX_KEPT_MEMBER_SIZE = 2 ** 24;
const MAX_KEPT_SIZE = 2 ** 26;

interface Member {
  /** Position in the archive: a name may be there twice, and the last one counts. */
  readonly index: number;
  readonly bytes: Uint8Array | undefined;
}

/**
 * The files of a tar archive, compressed by gzip or not.
 *
 * Passes over the archive once to learn the names and keeps small members. Large ones, the page
 * flags of a large guest for instance, are never held: opening one passes over the archive again.
 *
 * @param name - of the archive, for messages.
 * @param source - the archive, or a function that starts a read of its bytes, called once per pass.
 * @throws CaptureError if it is no archive, or one that is cut off.
 */
export async function openArchive(
  name: string,
  source: Blob | (() => AsyncIterable<Uint8Array>),
): Promise<CaptureFiles> {
  const open = source instanceof Blob ? () => piecesOf(source.stream()) : source;
  const isCompressed = await startsAsGzip(open());
  const read = () => (isCompressed ? gunzip(open(), name) : open());
  const members = new Map<string, Member>();
  let keptSize = 0;

  for await (const { path, size, index, body } of entriesOf(read(), name)) {
    const isKept = size <= MAX_KEPT_MEMBER_SIZE && keptSize + size <= MAX_KEPT_SIZE;
    if (isKept) keptSize += size;
    members.set(path, { index, bytes: isKept ? await wholeOf(body, size) : undefined });
  }
  return {
    name,
    names: () => [...members.keys()],
    async *open(path) {
      const member = members.get(path);
      if (member === undefined) throw new CaptureError(path, "", "must be there, got no such file");
      if (member.bytes !== undefined) {
        yield member.bytes;
        return;
      }
      for await (const entry of entriesOf(read(), name)) {
        if (entry.index !== member.index) continue;
        yield* entry.body;
        return;
      }
      throw new CaptureError(name, path, "must still be there, got an archive that has changed");
    },
  };
}

async function startsAsGzip(bytes: AsyncIterable<Uint8Array>): Promise<boolean> {
  for await (const piece of bytes) {
    if (piece.length > 0) return piece[0] === 0x1f;
  }
  return false;
}

interface Entry {
  readonly path: string;
  readonly size: number;
  readonly index: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** The files of an archive in order. A body is to be read before the next entry, or not at all. */
async function* entriesOf(
  bytes: AsyncIterable<Uint8Array>,
  archive: string,
): AsyncGenerator<Entry, void, undefined> {
  let failure: Error | undefined;
  const source = async function* () {
    try {
      yield* bytes;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      throw failure;
    }
  };
  /** An error of the source comes through; the decoder's become words. */
  const next = async <T>(reader: ReadableStreamDefaultReader<T>) => {
    try {
      return await reader.read();
    } catch (error) {
      if (failure !== undefined) throw failure;
      const found = error instanceof Error ? error.message : String(error);
      const rule = `must be a complete tar archive, got: ${found}`;
      throw new CaptureError(archive, "", rule, { cause: error });
    }
  };
  const pieces = async function* (reader: ReadableStreamDefaultReader<Uint8Array>) {
    for (let read = await next(reader); !read.done; read = await next(reader)) yield read.value;
  };

  const decoder = createTarDecoder({ strict: true });
  const feeding = feed(source(), decoder.writable);
  try {
    const entries = decoder.readable.getReader();
    let index = 0;
    for (let read = await next(entries); !read.done; read = await next(entries)) {
      const { header, body } = read.value;
      const reader = body.getReader();
      if (header.type === "file") {
        const path = header.name.replace(/^(\.\/)+/, "");
        yield { path, size: header.size, index: index++, body: pieces(reader) };
      }
      // Read to the end: cancelling a body makes the decoder drop the body after it instead.
      while (!(await next(reader)).done);
    }
  } finally {
    await feeding.end();
  }
}

async function wholeOf(body: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const whole = new Uint8Array(size);
  let at = 0;
  for await (const piece of body) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
