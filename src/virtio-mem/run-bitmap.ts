/**
 * One bit per block, made for runs: setting, counting and searching touch each word of a run once.
 *
 * ```text
 *  word      0          1                       length / 32
 *        +----------+----------+-- ... --+----------+
 *  bit   |31 ...  0 |63 ... 32 |         |          |   bit i: word i >>> 5, bit i & 31
 *        +----------+----------+-- ... --+----------+
 * ```
 *
 * Ranges are `[start, start + count)` and must lie inside the map: the caller has checked that.
 */
export class RunBitmap {
  readonly length: number;
  readonly #words: Uint32Array;

  constructor(length: number) {
    this.length = length;
    this.#words = new Uint32Array(Math.ceil(length / 32));
  }

  /** The runs of set bits, flat: start and count of one after the other, ascending. */
  setRuns(): number[] {
    const runs: number[] = [];
    let start = this.next(0, this.length, true);
    while (start < this.length) {
      const end = this.next(start, this.length, false);
      runs.push(start, end - start);
      start = this.next(end, this.length, true);
    }
    return runs;
  }

  get(index: number): boolean {
    return (((this.#words[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
  }

  /** Sets or clears the bits of a run. */
  fill(start: number, count: number, value: boolean): void {
    if (count === 0) return;
    const last = start + count - 1;
    const firstWord = start >>> 5;
    const lastWord = last >>> 5;
    if (firstWord === lastWord) {
      this.#apply(firstWord, headMask(start) & tailMask(last), value);
      return;
    }
    this.#apply(firstWord, headMask(start), value);
    this.#words.fill(value ? 0xffffffff : 0, firstWord + 1, lastWord);
    this.#apply(lastWord, tailMask(last), value);
  }

  /** Is each bit of the run `value`? True for an empty run. */
  isAll(start: number, count: number, value: boolean): boolean {
    const end = start + count;
    return this.next(start, end, !value) === end;
  }

  /** Number of set bits in a run. */
  countSet(start: number, count: number): number {
    if (count === 0) return 0;
    const last = start + count - 1;
    const firstWord = start >>> 5;
    const lastWord = last >>> 5;
    let set = 0;
    for (let word = firstWord; word <= lastWord; word++) {
      let bits = this.#words[word] ?? 0;
      if (word === firstWord) bits &= headMask(start);
      if (word === lastWord) bits &= tailMask(last);
      set += popcount(bits);
    }
    return set;
  }

  /** The first bit of `[from, end)` that is `value`; `end` where there is none. */
  next(from: number, end: number, value: boolean): number {
    if (from >= end) return end;
    const flip = value ? 0 : 0xffffffff;
    const lastWord = (end - 1) >>> 5;
    let word = from >>> 5;
    let bits = ((this.#words[word] ?? 0) ^ flip) & headMask(from);
    while (bits === 0) {
      if (word === lastWord) return end;
      word++;
      bits = (this.#words[word] ?? 0) ^ flip;
    }
    return Math.min(end, word * 32 + 31 - Math.clz32(bits & -bits));
  }

  /** The last bit of `[start, from]` that is `value`; `start - 1` where there is none. */
  previous(from: number, start: number, value: boolean): number {
    if (from < start) return start - 1;
    const flip = value ? 0 : 0xffffffff;
    const firstWord = start >>> 5;
    let word = from >>> 5;
    let bits = ((this.#words[word] ?? 0) ^ flip) & tailMask(from);
    while (bits === 0) {
      if (word === firstWord) return start - 1;
      word--;
      bits = (this.#words[word] ?? 0) ^ flip;
    }
    return Math.max(start - 1, word * 32 + 31 - Math.clz32(bits));
  }

  #apply(word: number, mask: number, value: boolean): void {
    const old = this.#words[word] ?? 0;
    this.#words[word] = value ? old | mask : old & ~mask;
  }
}

/** Bits from `index` up within its word. */
function headMask(index: number): number {
  return 0xffffffff << (index & 31);
}

/** Bits up to and including `index` within its word. */
function tailMask(index: number): number {
  return 0xffffffff >>> (31 - (index & 31));
}

function popcount(bits: number): number {
  bits -= (bits >>> 1) & 0x55555555;
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
