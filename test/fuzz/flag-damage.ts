import fc from "fast-check";

// Page flags that are not, or not any more, those of the guest whose other files lie beside them.

const PAGES_PER_MEMORY_BLOCK = 32768;
const PAGES_PER_PAGEBLOCK = 512;
const KPF_NOPAGE = 1n << 20n;

/** What has happened to the words. Places are shares of the pages, sizes are in pages. */
export type FlagDamage =
  | { readonly kind: "fill"; readonly at: number; readonly pages: number; readonly word: bigint }
  | { readonly kind: "fill-all"; readonly word: bigint }
  | { readonly kind: "no-pages"; readonly at: number; readonly pages: number }
  | { readonly kind: "shift"; readonly pages: number }
  | { readonly kind: "swap"; readonly at: number; readonly to: number; readonly pages: number }
  | { readonly kind: "xor"; readonly at: number; readonly pages: number; readonly word: bigint }
  | { readonly kind: "every"; readonly step: number; readonly word: bigint }
  | { readonly kind: "sprinkle"; readonly at: number; readonly share: number; readonly of: number }
  | { readonly kind: "turn"; readonly pageblocks: number }
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "bytes-swapped" }
  | { readonly kind: "counts" };

const at = fc.double({ min: 0, max: 1, noNaN: true });
const pages = fc.oneof(
  fc.constantFrom(1, 512, PAGES_PER_MEMORY_BLOCK),
  fc.integer({ min: 1, max: 2 * PAGES_PER_MEMORY_BLOCK }),
);
const word = fc.oneof(
  fc.constantFrom(0n, 2n ** 64n - 1n, KPF_NOPAGE, 1n << 10n, 1n << 7n, 1n << 23n),
  fc.nat(63).map((bit) => 1n << BigInt(bit)),
  fc.bigInt({ min: 0n, max: 2n ** 32n }),
);
const kind = <const K extends string>(...kinds: K[]): fc.Arbitrary<K> => fc.constantFrom(...kinds);

/** Any of these. */
export const flagDamage: fc.Arbitrary<FlagDamage> = fc.oneof(
  fc.record({ kind: kind("fill", "xor"), at, pages, word }),
  fc.record({ kind: kind("fill-all"), word }),
  fc.record({ kind: kind("no-pages"), at, pages }),
  fc.record({ kind: kind("shift"), pages }),
  fc.record({ kind: kind("swap"), at, to: at, pages }),
  fc.record({ kind: kind("every"), step: fc.integer({ min: 1, max: 4096 }), word }),
  fc.record({
    kind: kind("sprinkle"),
    at,
    share: fc.constantFrom(0.002, 0.005, 0.02, 0.1, 0.3, 1),
    of: at,
  }),
  fc.record({ kind: kind("turn"), pageblocks: fc.integer({ min: 1, max: 1000 }) }),
  fc.record({ kind: kind("cut"), at }),
  fc.record({ kind: kind("bytes-swapped", "counts") }),
);

/** Words with the damage done, in place. @param counts - kpagecount of the same guest. */
export function damageFlags(
  words: BigUint64Array<ArrayBuffer>,
  damage: FlagDamage,
  counts: BigUint64Array,
): BigUint64Array<ArrayBuffer> {
  switch (damage.kind) {
    case "fill-all":
      return words.fill(damage.word);
    case "cut":
      return words.slice(0, placeOf(words, damage.at));
    case "counts":
      words.set(counts.subarray(0, words.length));
      return words;
    case "shift":
      return words.copyWithin(damage.pages, 0);
    case "every":
      for (let pfn = 0; pfn < words.length; pfn += damage.step) words[pfn] = damage.word;
      return words;
    case "sprinkle":
      return sprinkle(words, damage);
    case "turn": {
      // the first pageblocks come last
      const start = Math.min(words.length, damage.pageblocks * PAGES_PER_PAGEBLOCK);
      const turned = words.slice(0, start);
      words.copyWithin(0, start);
      words.set(turned, words.length - start);
      return words;
    }
    case "bytes-swapped":
      new Uint8Array(words.buffer, words.byteOffset, words.byteLength).reverse();
      return words.reverse();
    default:
      return damageRange(words, damage);
  }
}

/** Words that some page of the guest has, on one page of each pageblock of a range. */
function sprinkle(
  words: BigUint64Array<ArrayBuffer>,
  { at: start, share, of }: Extract<FlagDamage, { kind: "sprinkle" }>,
): BigUint64Array<ArrayBuffer> {
  const first = placeOf(words, start);
  const end = Math.min(words.length, first + Math.ceil(share * words.length));
  const word = words[placeOf(words, of)] ?? 0n;
  for (let pfn = first; pfn < end; pfn += PAGES_PER_PAGEBLOCK) words[pfn] = word;
  return words;
}

function damageRange(
  words: BigUint64Array<ArrayBuffer>,
  damage: Extract<FlagDamage, { kind: "fill" | "xor" | "no-pages" | "swap" }>,
): BigUint64Array<ArrayBuffer> {
  const start = placeOf(words, damage.at);
  const end = Math.min(words.length, start + damage.pages);
  switch (damage.kind) {
    case "fill":
      return words.fill(damage.word, start, end);
    case "no-pages":
      return words.fill(KPF_NOPAGE, start, end);
    case "xor":
      for (let pfn = start; pfn < end; pfn++) words[pfn] = (words[pfn] ?? 0n) ^ damage.word;
      return words;
    case "swap": {
      const to = Math.min(placeOf(words, damage.to), words.length - (end - start));
      const [from, other] = [words.slice(start, end), words.slice(to, to + end - start)];
      words.set(other, start);
      words.set(from, to);
      return words;
    }
  }
}

function placeOf(words: BigUint64Array, share: number): number {
  return Math.min(words.length - 1, Math.floor(share * words.length));
}
