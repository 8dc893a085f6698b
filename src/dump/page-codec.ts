import { CaptureError } from "../capture/capture-error.js";

/** How pages of a kdump-compressed file are compressed. */
export type Compression = "zlib" | "lzo" | "snappy" | "zstd";

/**
 * Decompresses a page.
 *
 * @throws CaptureError if it is damaged or not of `size` bytes: no more is ever written.
 */
export type PageCodec = (input: Uint8Array, size: number) => Uint8Array;

/**
 * What decompresses pages. Libraries are loaded by the first dump that needs them.
 *
 * @param file - for messages.
 */
export async function pageCodec(compression: Compression, file: string): Promise<PageCodec> {
  const decompress = await loaded(compression, file);
  return (input, size) => {
    let page: Uint8Array;
    try {
      page = decompress(input, size);
    } catch (error) {
      if (error instanceof CaptureError) throw error;
      const rule = `must decompress to ${size} bytes, got a damaged one`;
      throw new CaptureError(file, `page compressed by ${compression}`, rule, { cause: error });
    }
    if (page.length === size) return page;
    const rule = `must decompress to ${size} bytes, got ${page.length}`;
    throw new CaptureError(file, `page compressed by ${compression}`, rule);
  };
}

async function loaded(compression: Compression, file: string): Promise<PageCodec> {
  switch (compression) {
    case "zlib": {
      const { inflateSync } = await import("node:zlib");
      return (input, size) => inflateSync(input, { maxOutputLength: size });
    }
    case "snappy": {
      const { uncompress } = await import("snappyjs");
      return (input, size) => uncompress(input, size);
    }
    case "zstd": {
      const { decompress } = await import("fzstd");
      return (input, size) => {
        checkFrame(input, size, file);
        return decompress(input, new Uint8Array(size));
      };
    }
    case "lzo": {
      const { unlzo } = await import("./lzo.js");
      return (input, size) => unlzo(input, size, file);
    }
  }
}

/** Zstandard's magic, and the sizes of a frame's content by its first byte (RFC 8878, 3.1.1.1). */
const ZSTD_MAGIC = 0xfd2fb528;
const SINGLE_SEGMENT = 32;
const CONTENT_SIZES = [0, 2, 4, 8];

/** Refuses a frame that says to be larger, before anything is written. */
function checkFrame(input: Uint8Array, size: number, file: string): void {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const reject = (found: string): never => {
    throw new CaptureError(
      file,
      "page compressed by zstd",
      `must be of ${size} bytes, got ${found}`,
    );
  };
  if (input.length < 9 || view.getUint32(0, true) !== ZSTD_MAGIC) reject("something else");
  const descriptor = input[4] ?? 0;
  const isSingle = (descriptor & SINGLE_SEGMENT) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const at = 5 + (isSingle ? 0 : 1) + dictionary;
  const width = CONTENT_SIZES[descriptor >> 6] ?? 0;
  const bytes = width === 0 && isSingle ? 1 : width;
  if (bytes === 0) return;
  let content = 0;
  for (let index = bytes - 1; index >= 0; index--)
    content = content * 256 + (input[at + index] ?? 0);
  if (bytes === 2) content += 256;
  if (content !== size) reject(`a frame of ${content}`);
}
