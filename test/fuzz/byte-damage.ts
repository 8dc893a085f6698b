import fc from "fast-check";

// Damage to bytes, by shares of their length: what is small stays small when the bytes change.

/** Something that happens to a file on its way. */
export type ByteDamage =
  | { readonly kind: "flip"; readonly at: number; readonly bit: number }
  | { readonly kind: "set"; readonly at: number; readonly value: number; readonly count: number }
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "cut-end"; readonly count: number }
  | { readonly kind: "drop" | "repeat"; readonly at: number; readonly count: number }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "append"; readonly bytes: Uint8Array }
  | { readonly kind: "twice" }
  | { readonly kind: "empty" };

const at = fc.double({ min: 0, max: 1, noNaN: true });
const count = fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 5000 }));
const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
const kind = <const K extends string>(...kinds: K[]): fc.Arbitrary<K> => fc.constantFrom(...kinds);

/** Any damage; flips of a bit most often. */
export const byteDamage: fc.Arbitrary<ByteDamage> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: kind("flip"), at, bit: fc.nat(7) }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("set"), at, value: fc.nat(255), count }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("cut"), at }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("cut-end"), count }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("drop", "repeat"), at, count }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("insert"), at, bytes }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("append"), bytes }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("twice") }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("empty") }) },
);

/** The bytes with the damage done; the given ones stay. */
export function damaged(source: Uint8Array, damage: ByteDamage): Uint8Array {
  if (damage.kind === "twice") return joined(source, source);
  if (damage.kind === "empty") return new Uint8Array(0);
  if (damage.kind === "append") return joined(source, damage.bytes);
  if (damage.kind === "cut-end") return source.slice(0, Math.max(0, source.length - damage.count));
  const place = Math.min(Math.max(0, source.length - 1), Math.floor(damage.at * source.length));
  switch (damage.kind) {
    case "flip": {
      const changed = source.slice();
      if (changed.length > 0) changed[place] = (changed[place] ?? 0) ^ (1 << damage.bit);
      return changed;
    }
    case "set":
      return source.slice().fill(damage.value, place, place + damage.count);
    case "cut":
      return source.slice(0, place);
    case "drop":
      return joined(source.subarray(0, place), source.subarray(place + damage.count));
    case "repeat":
      return joined(source.subarray(0, place + damage.count), source.subarray(place));
    case "insert":
      return joined(source.subarray(0, place), damage.bytes, source.subarray(place));
  }
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
