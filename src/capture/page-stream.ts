import { CaptureError } from "./capture-error.js";

const BYTES_PER_PAGE = 8;

/**
 * Reads a stream of u64 words per page from pfn 0 on, in pieces of the lengths that are asked for, and forward only.
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

  /** Words of the pages [startPfn, startPfn + nrPages), at least as far as the stream goes; undefined behind its end. Good until the next read. */
  async read(startPfn: number, nrPages: number): Promise<Uint8Array | undefined> {
    if (!(await this.#skipTo(startPfn))) return undefined;
    const wanted = nrPages * BYTES_PER_PAGE;
    if (this.#piece.length - this.#at >= wanted) {
      // no copy of what lies in one piece
      this.#at += wanted;
      this.#pfn = startPfn + nrPages;
      return this.#piece.subarray(this.#at - wanted, this.#at);
    }
    const bytes = new Uint8Array(wanted);
    let filled = 0;
    while (filled < wanted && (await this.#fill())) {
      const part = this.#piece.subarray(this.#at, this.#at + wanted - filled);
      bytes.set(part, filled);
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
    return filled === 0 ? undefined : bytes.subarray(0, filled);
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
