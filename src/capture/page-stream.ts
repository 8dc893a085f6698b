import { CaptureError } from "./capture-error.js";

const WORD_SIZE = 8;

/**
 * Reads a stream of a u64 word, or another number of bytes, per page from pfn 0 on, in pieces of
 * the lengths that are asked for, and forward only.
 */
export class PageStream {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #file: string;
  readonly #pageBytes: number;
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;
  #pfn = 0;

  /**
   * @param file - name for messages.
   * @param pageBytes - bytes per page. Default: a u64.
   */
  constructor(pieces: AsyncIterable<Uint8Array>, file: string, pageBytes = WORD_SIZE) {
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#file = file;
    this.#pageBytes = pageBytes;
  }

  /**
   * Hands the words of the pages [startPfn, startPfn + nrPages) to `take`, a part at a time as they
   * come, each with its offset in bytes.
   *
   * @returns how many pages there were: fewer where the stream ends, 0 behind its end.
   */
  async read(
    startPfn: number,
    nrPages: number,
    take: (words: Uint8Array, at: number) => void,
  ): Promise<number> {
    if (!(await this.#skipTo(startPfn))) return 0;
    const wanted = nrPages * this.#pageBytes;
    let filled = 0;
    while (filled < wanted && (await this.#fill())) {
      const part = this.#piece.subarray(this.#at, this.#at + wanted - filled);
      take(part, filled);
      filled += part.length;
      this.#at += part.length;
    }
    if (filled % this.#pageBytes !== 0) {
      throw new CaptureError(
        this.#file,
        "length",
        `must be a multiple of ${this.#pageBytes} bytes, got ${filled % this.#pageBytes} bytes too many`,
      );
    }
    this.#pfn = startPfn + filled / this.#pageBytes;
    return filled / this.#pageBytes;
  }

  /** As {@link read}. @throws CaptureError where the stream ends before the last of them. */
  async readAll(
    startPfn: number,
    nrPages: number,
    take: (words: Uint8Array, at: number) => void,
  ): Promise<void> {
    const got = await this.read(startPfn, nrPages, take);
    if (got === nrPages) return;
    throw new CaptureError(
      this.#file,
      "length",
      `must reach pfn ${startPfn + nrPages}, where the guest's online memory ends, got ${startPfn + got} pages`,
    );
  }

  /**
   * Reads on to the end, where the checksum of a compressed file waits: only then are the words to
   * be believed.
   */
  async finish(signal?: AbortSignal): Promise<void> {
    while ((await this.#pieces.next()).done !== true) signal?.throwIfAborted();
  }

  /** Leaves the rest unread. */
  async leave(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #skipTo(pfn: number): Promise<boolean> {
    let left = (pfn - this.#pfn) * this.#pageBytes;
    while (left > 0 && (await this.#fill())) {
      const part = Math.min(left, this.#piece.length - this.#at);
      this.#at += part;
      left -= part;
    }
    this.#pfn = pfn;
    return left === 0;
  }

  /** Makes sure that there is an unread byte; false at the end. */
  async #fill(): Promise<boolean> {
    while (this.#at >= this.#piece.length) {
      const next = await this.#pieces.next();
      if (next.done === true) return false;
      this.#piece = next.value;
      this.#at = 0;
    }
    return true;
  }
}
