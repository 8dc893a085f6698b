import { PAGE_SIZE } from "../units.js";
import type { MemoryRange } from "./physical-memory.js";

/** Bytes whose bits are counted in advance. */
const STEP = 256;

/** A bit per page, lowest first, as kdump-compressed files have it. */
export class PageBitmap {
  readonly #bytes: Uint8Array;
  readonly #nrPages: number;
  /** Bits that are set before each step. */
  readonly #before: Float64Array;

  constructor(bytes: Uint8Array, nrPages: number) {
    this.#bytes = bytes;
    this.#nrPages = nrPages;
    this.#before = new Float64Array(Math.ceil(bytes.length / STEP) + 1);
    for (let step = 0; step * STEP < bytes.length; step++) {
      const counted = this.#before[step] ?? 0;
      this.#before[step + 1] = counted + this.#count(step * STEP, (step + 1) * STEP);
    }
  }

  has(page: number): boolean {
    return page < this.#nrPages && (((this.#bytes[page >>> 3] ?? 0) >> (page & 7)) & 1) === 1;
  }

  /** How many of the pages before this one are set. */
  rank(page: number): number {
    const byte = Math.floor(page / 8);
    const step = Math.floor(byte / STEP);
    const last = (this.#bytes[byte] ?? 0) & ((1 << (page & 7)) - 1);
    return (this.#before[step] ?? 0) + this.#count(step * STEP, byte) + bitsOf(last);
  }

  /** Addresses of the pages that are set, neighbours together. */
  *runs(): Generator<MemoryRange> {
    for (let page = 0; page < this.#nrPages; page++) {
      if (!this.has(page)) continue;
      const start = page;
      while (this.has(page)) page++;
      yield { start: start * PAGE_SIZE, end: page * PAGE_SIZE };
    }
  }

  #count(from: number, to: number): number {
    let count = 0;
    for (let at = from; at < Math.min(to, this.#bytes.length); at++) {
      count += bitsOf(this.#bytes[at] ?? 0);
    }
    return count;
  }
}

function bitsOf(byte: number): number {
  let count = 0;
  for (let left = byte; left !== 0; left &= left - 1) count++;
  return count;
}
