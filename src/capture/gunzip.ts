import { feed, piecesOf } from "./byte-stream.js";
import { CaptureError } from "./capture-error.js";

/**
 * Decompresses a gzip file, piece by piece.
 *
 * Checksum and length stand at its end and are compared by the runtime: a reader that trusts the
 * data reads to the end. In Node a file may have several members and padding of zeros behind them,
 * as gzip and tar write them; browsers take one member without padding. Errors of `source` itself
 * come through unchanged.
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
}

/** Remembers of the compressed data what tells whether it was all there. */
class WatchedInput {
  failure: Error | undefined;
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #head: number[] = [];
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
