import { feed, piecesOf } from "./byte-stream.js";
import { CaptureError } from "./capture-error.js";

// The end of a gzip stream:
//
//   ... deflate data | CRC-32 (4 bytes) | length before compression mod 2^32 (4 bytes)
//
const TRAILER_SIZE = 8;

/**
 * Decompresses one gzip stream, piece by piece.
 *
 * Runtimes differ in what they let pass at the end of the data, so the length in the trailer is
 * compared here as well. Errors of `source` itself come through unchanged.
 *
 * @throws CaptureError if the data is cut off or damaged; the pieces before that were handed out.
 */
export async function* gunzip(
  source: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const input = new WatchedInput(source);
  const { readable, writable } = new DecompressionStream("gzip") as ReadableWritablePair<
    Uint8Array,
    Uint8Array
  >;
  const feeding = feed(input.pieces(), writable);
  let written = 0;
  try {
    for await (const piece of piecesOf(readable)) {
      written += piece.length;
      yield piece;
    }
  } catch (error) {
    if (input.failure !== undefined) throw input.failure;
    throw new CaptureError(file, "", `must be a complete gzip file, got ${input.found(written)}`, {
      cause: error,
    });
  } finally {
    await feeding.end();
  }
  if (input.lengthInTrailer() !== written % 2 ** 32) {
    throw new CaptureError(file, "", `must be a complete gzip file, got ${input.found(written)}`);
  }
}

/** Remembers of the compressed data what tells whether it was all there. */
class WatchedInput {
  failure: Error | undefined;
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #head: number[] = [];
  #tail = new Uint8Array();
  #size = 0;
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const piece of this.#source) {
        this.#watch(piece);
        yield piece;
      }
      this.#ended = true;
    } catch (error) {
      this.failure = asError(error);
      throw error;
    }
  }

  #watch(piece: Uint8Array): void {
    for (const byte of piece.subarray(0, 2 - this.#head.length)) this.#head.push(byte);
    this.#size += piece.length;
    const tail = [...this.#tail, ...piece.subarray(-TRAILER_SIZE)];
    this.#tail = Uint8Array.from(tail.slice(-TRAILER_SIZE));
  }

  lengthInTrailer(): number {
    if (this.#tail.length < TRAILER_SIZE) return Number.NaN;
    return new DataView(this.#tail.buffer).getUint32(4, true);
  }

  found(written: number): string {
    if (this.#size === 0) return "an empty file";
    if (this.#head[0] !== 0x1f || this.#head[1] !== 0x8b) return "other data";
    const sizes = `${this.#size} bytes compressed, ${written} decompressed`;
    return this.#ended ? `one that is cut off or damaged (${sizes})` : `a damaged one (${sizes})`;
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
