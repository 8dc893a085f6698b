import fc from "fast-check";

/** What a program in JavaScript may hand over in place of an option's value. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    false,
    0,
    -0,
    1,
    -1,
    0.5,
    NaN,
    Infinity,
    -Infinity,
    2 ** 21,
    2 ** 27,
    2 ** 30,
    2 ** 31,
    2 ** 32,
    2 ** 52,
    2 ** 53,
    1e300,
    10n,
    2n ** 70n,
    "",
    "1GiB",
    "linux",
    "v6.1",
    "__proto__",
    "\u001b[2J",
    "x".repeat(100_000),
    [],
    {},
    [1],
    [null],
    [{}],
    { size: 1 },
    { regionSize: 2 ** 30 },
    new Date(0),
    new Map(),
    new Uint8Array(3),
    Symbol("s"),
    Object.create(null),
  ),
  fc.constantFrom<unknown>(
    () => 1,
    () => {
      throw new Error("mine");
    },
    {
      toString() {
        throw new Error("mine");
      },
    },
    Promise.resolve(1),
    Object,
  ),
  fc.maxSafeInteger(),
  fc.string({ maxLength: 20 }),
);

/** A name with one letter too many, too few, or swapped. */
export function misspelled(name: string): fc.Arbitrary<string> {
  return fc.tuple(fc.nat(name.length - 1), fc.nat(3)).map(([at, how]) => {
    if (how === 0) return name.slice(0, at) + name.slice(at + 1);
    if (how === 1) return `${name.slice(0, at)}x${name.slice(at)}`;
    if (how === 2) return name.slice(0, at) + (name[at] ?? "").toUpperCase() + name.slice(at + 1);
    return `${name}_`;
  });
}
