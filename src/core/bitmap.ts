import { Errno } from "../errno.js";
import { NO_PFN } from "./abi.js";
import { CapacityError } from "./kernel-error.js";
import type { Core } from "./load.js";
import { optionError, shown } from "../input-error.js";

const MAX_BITS = 2 ** 30;

/** Neighbouring bits of a {@link Bitmap} that are all set, or all clear. */
export interface BitRun {
  /** Number of the first bit. */
  readonly start: number;
  /** Number of bits. */
  readonly length: number;
}

/**
 * Bits over subblocks or device blocks in the core's memory, searched 64 at a time.
 *
 * Bits are numbered from 0. Arguments that are no bit of this map throw RangeError.
 *
 * @example
 * ```js
 * import { Guest } from "virtio-mem-engine";
 *
 * const bitmap = (await Guest.create()).pages.createBitmap(1000);
 * bitmap.write(10, 20, true);
 * console.log(bitmap.count()); // 20
 * console.log(bitmap.next(0, true)); // 10
 * ```
 */
export class Bitmap {
  readonly #core: Core;
  /** What the core knows it by. */
  readonly handle: number;
  /** Number of bits. */
  readonly length: number;

  /**
   * A cleared bitmap. It takes its memory for good: make one and use it again.
   *
   * @param core - Core whose memory holds the bits; `PageMemory.createBitmap()` passes its own.
   * @param length - Number of bits, 1 to 2^30.
   * @throws RangeError if `length` is out of range; CapacityError if the bits do not fit.
   */
  constructor(core: Core, length: number) {
    if (!Number.isInteger(length) || length < 1 || length > MAX_BITS) {
      throw optionError(
        `length must be a whole number from 1 to ${MAX_BITS}, got ${shown(length)}`,
      );
    }
    const handle = core.createBitmap(length) >>> 0;
    if ((handle | 0) === -Errno.ENOBUFS) {
      throw new CapacityError(`a bitmap of ${length} bits does not fit into the guest's memory`);
    }
    this.#core = core;
    this.handle = handle;
    this.length = length;
  }

  /**
   * Sets, or clears, `count` bits from `start` on.
   *
   * @param start - First bit, 0 to {@link length}.
   * @param count - Bits to write, 0 to `length - start`.
   * @param set - `true` sets them, `false` clears them.
   * @throws RangeError if the run leaves the map.
   */
  write(start: number, count: number, set: boolean): void {
    this.#assertRun(start, count);
    this.#core.writeBits(this.handle, start, count, Number(set));
  }

  /**
   * Is the bit set?
   *
   * @param bit - Number of the bit, 0 to `length - 1`.
   * @throws RangeError if there is no such bit.
   */
  test(bit: number): boolean {
    this.#assertBit("bit", bit);
    return this.#core.testBit(this.handle, bit) === 1;
  }

  /**
   * First bit from `from` on that is set, or clear.
   *
   * @param from - First bit that is looked at, 0 to `length - 1`.
   * @param set - Look for a set bit, or for a clear one.
   * @returns Number of the bit; undefined where there is none up to the end.
   * @throws RangeError if `from` is no bit of the map.
   */
  next(from: number, set: boolean): number | undefined {
    this.#assertBit("from", from);
    return bitOf(this.#core.nextBit(this.handle, from, Number(set)));
  }

  /**
   * Last bit up to and including `from` that is set, or clear.
   *
   * @param from - Last bit that is looked at, 0 to `length - 1`.
   * @param set - Look for a set bit, or for a clear one.
   * @returns Number of the bit; undefined where there is none down to bit 0.
   * @throws RangeError if `from` is no bit of the map.
   */
  previous(from: number, set: boolean): number | undefined {
    this.#assertBit("from", from);
    return bitOf(this.#core.previousBit(this.handle, from, Number(set)));
  }

  /**
   * Set bits among the `count` bits from `start` on.
   *
   * @param start - First bit. Default: 0.
   * @param count - Bits to look at. Default: all from `start` on.
   * @throws RangeError if the run leaves the map.
   */
  count(start = 0, count = this.length - start): number {
    this.#assertRun(start, count);
    return this.#core.countBits(this.handle, start, count) >>> 0;
  }

  /**
   * How many bits from `from` on are set, or clear, without a gap.
   *
   * @param from - First bit of the run, 0 to `length - 1`.
   * @param set - Count set bits, or clear ones.
   * @returns 0 where bit `from` itself is not so.
   * @throws RangeError if `from` is no bit of the map.
   */
  runLength(from: number, set: boolean): number {
    this.#assertBit("from", from);
    return this.#core.runLength(this.handle, from, Number(set), this.length) >>> 0;
  }

  /**
   * The longest run of set, or clear, bits; the lowest of equals.
   *
   * @param set - Look for set bits, or for clear ones.
   * @returns First bit and number of bits; undefined where no bit is so.
   */
  longestRun(set: boolean): BitRun | undefined {
    const length = this.#core.longestRun(this.handle, Number(set)) >>> 0;
    if (length === 0) return undefined;
    const [start = 0] = new Uint32Array(this.#core.memory.buffer, this.#core.scratch(), 1);
    return { start, length };
  }

  #assertBit(name: string, bit: number): void {
    if (Number.isInteger(bit) && bit >= 0 && bit < this.length) return;
    throw optionError(
      `${name} must be a whole number from 0 to ${this.length - 1}, got ${shown(bit)}`,
    );
  }

  #assertRun(start: number, count: number): void {
    if (!Number.isInteger(start) || start < 0 || start > this.length) {
      throw optionError(
        `start must be a whole number from 0 to ${this.length}, got ${shown(start)}`,
      );
    }
    if (!Number.isInteger(count) || count < 0 || count > this.length - start) {
      throw optionError(
        `count must be a whole number from 0 to ${this.length - start}, got ${shown(count)}`,
      );
    }
  }
}

function bitOf(result: number): number | undefined {
  const bit = result >>> 0;
  return bit === NO_PFN ? undefined : bit;
}
