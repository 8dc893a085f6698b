import fc from "fast-check";

// Damage to text files: what an editor, a copy through a terminal, another kernel or an attacker
// leaves of them.

/** Something that happens to a text. Lines, words and numbers are chosen by share. */
export type TextDamage =
  | { readonly kind: "number"; readonly at: number; readonly value: string }
  | { readonly kind: "word"; readonly at: number; readonly value: string }
  | { readonly kind: "line"; readonly at: number; readonly value: string }
  | { readonly kind: "drop-line" | "repeat-line"; readonly at: number }
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "swap-lines"; readonly at: number; readonly to: number }
  | { readonly kind: "insert"; readonly at: number; readonly value: string }
  | { readonly kind: "all"; readonly value: string };

/** Numbers at which parsers, sizes and page numbers go wrong. */
export const ODD_NUMBERS: readonly string[] = [
  "0",
  "1",
  "-1",
  "00",
  "7",
  "4095",
  "4096",
  "2097152",
  "134217728",
  "2147483647",
  "2147483648",
  "4294967295",
  "4294967296",
  "9007199254740991",
  "9007199254740993",
  "18446744073709551615",
  "99999999999999999999999999",
  "1e30",
  "1.5",
  "0x10",
  "ffffffffffffffff",
  "NaN",
  "Infinity",
  "",
  "null",
  "true",
];

/** Words that mean something to JavaScript, terminals, file systems and other parsers. */
export const ODD_WORDS: readonly string[] = [
  "",
  "-",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "length",
  "undefined",
  "\u001b[2J\u001b]0;x\u0007",
  "\u202etxt",
  "\u0000",
  "\ufeff",
  "\r",
  "\u00a0",
  "../../etc/passwd",
  "/",
  "%s%n",
  "<script>",
  "&amp;",
  "]]>",
  "é",
  "😀",
  "\ud800",
  "a".repeat(5000),
  "9".repeat(400),
  "- ".repeat(20_000),
  "((((".repeat(10_000),
];

const at = fc.double({ min: 0, max: 1, noNaN: true });
const number = fc.oneof(
  fc.constantFrom(...ODD_NUMBERS),
  fc.nat(2 ** 31 - 1).map(String),
  fc.maxSafeNat().map(String),
);
const word = fc.oneof(fc.constantFrom(...ODD_WORDS), fc.string({ maxLength: 12 }));
const kind = <const K extends string>(...kinds: K[]): fc.Arbitrary<K> => fc.constantFrom(...kinds);

/** Any damage; other numbers most often. */
export const textDamage: fc.Arbitrary<TextDamage> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: kind("number"), at, value: number }) },
  { weight: 3, arbitrary: fc.record({ kind: kind("word"), at, value: word }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("line", "insert"), at, value: word }) },
  { weight: 3, arbitrary: fc.record({ kind: kind("drop-line", "repeat-line"), at }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("cut"), at }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("swap-lines"), at, to: at }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("all"), value: word }) },
);

/** The text with the damage done. */
export function damagedText(text: string, damage: TextDamage): string {
  switch (damage.kind) {
    case "all":
      return damage.value;
    case "number":
      return replacedAt(text, /\d+/g, damage.at, damage.value);
    case "word":
      return replacedAt(text, /[^\s,:=]+/g, damage.at, damage.value);
    case "cut":
      return text.slice(0, placeOf(text.length, damage.at));
    case "insert": {
      const place = placeOf(text.length, damage.at);
      return text.slice(0, place) + damage.value + text.slice(place);
    }
    default:
      return damagedLines(text.split("\n"), damage).join("\n");
  }
}

function damagedLines(
  lines: string[],
  damage: Extract<TextDamage, { kind: "line" | "drop-line" | "repeat-line" | "swap-lines" }>,
): string[] {
  const place = placeOf(lines.length, damage.at);
  switch (damage.kind) {
    case "line":
      return lines.with(place, damage.value);
    case "drop-line":
      return lines.toSpliced(place, 1);
    case "repeat-line":
      return lines.toSpliced(place, 0, lines[place] ?? "");
    case "swap-lines": {
      const other = placeOf(lines.length, damage.to);
      return lines.with(place, lines[other] ?? "").with(other, lines[place] ?? "");
    }
  }
}

function placeOf(length: number, share: number): number {
  return Math.min(Math.max(0, length - 1), Math.floor(share * length));
}

function replacedAt(text: string, pattern: RegExp, share: number, value: string): string {
  const found = [...text.matchAll(pattern)];
  const match = found[placeOf(found.length, share)];
  if (match === undefined) return text;
  return text.slice(0, match.index) + value + text.slice(match.index + match[0].length);
}
