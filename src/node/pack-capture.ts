import { Readable } from "node:stream";
import { createGzip, gzipSync } from "node:zlib";

import { packTar } from "modern-tar";

import type { CaptureFiles } from "../capture/capture-files.js";

/** Members up to this size are small, and packed as they are. */
const FOLDER = "capture/";
const LEVEL = 1;
const PIECE = 2 ** 18;
/** Names without an ending are of large files; they are compressed by themselves. */
const isText = (name: string): boolean => name.includes(".");

/**
 * The files of a capture as an archive, as the capture script writes it: large ones are compressed
 * by themselves, so that they can be read without the others. The large ones are never held but in
 * compressed form.
 */
export async function packCapture(files: CaptureFiles): Promise<Uint8Array> {
  const entries = [];
  for (const name of files.names()) {
    const isLarge = !isText(name);
    const body = await bytesOf(isLarge ? compressed(files.open(name)) : files.open(name));
    const header = {
      name: `${FOLDER}${name}${isLarge ? ".gz" : ""}`,
      size: body.length,
      mode: 0o600,
      // the same dump makes the same capture
      mtime: new Date(0),
    };
    entries.push({ header, body });
  }
  return gzipSync(await packTar(entries), { level: LEVEL });
}

function compressed(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const gzip = createGzip({ level: LEVEL, chunkSize: PIECE });
  const source = Readable.from(pieces);
  source.on("error", (error) => gzip.destroy(error));
  return source.pipe(gzip) as AsyncIterable<Uint8Array>;
}

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}
