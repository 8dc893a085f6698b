import { CaptureError } from "./capture-error.js";

const BYTES_PER_PAGE = 8;

/**
 * Reads a stream of u64 words per page from pfn 0 on, in pieces of the lengths that are asked for,
 * and forward only.
 */
export class PageStream {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #file: string;
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;
  #pfn = 0;

  /** @param file - name for messages. */
  constructor(pieces: AsyncIterable<Uint8Array>, file: string) {
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#file = file;
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
    const wanted = nrPages * BYTES_PER_PAGE;
    let filled = 0;
    while (filled < wanted && (await this.#fill())) {
      const part = this.#piece.subarray(this.#at, this.#at + wanted - filled);
      take(part, filled);
      filled += part.length;
      this.#at += part.length;
    }
    if (filled % BYTES_PER_PAGE !== 0) {
      throw new CaptureError(
        this.#file,
        "length",
        `must be a multiple of ${BYTES_PER_PAGE} bytes, got ${filled % BYTES_PER_PAGE} bytes too many`,
      );
    }
    this.#pfn = startPfn + filled / BYTES_PER_PAGE;
    return filled / BYTES_PER_PAGE;
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
    let left = (pfn - this.#pfn) * BYTES_PER_PAGE;
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
