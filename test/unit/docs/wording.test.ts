import { describe, expect, test } from "vitest";

import { commentsOf, DOCUMENTS, proseOf, SOURCES, textOf, type ProseLine } from "./documents.js";

const COLUMNS = 100;

/** Words that are no terms of memory management or VIRTIO, and what to write instead. */
const BANNED: readonly (readonly [pattern: RegExp, better: string])[] = [
  [/\b(the|its|whose) books\b|\bbookkeeping\b/i, "accounting"],
  [/\banew\b/i, "again"],
  [/\blikewise\b/i, "repeat the condition"],
  [/\b(somebody|someone|nobody|whoever)\b/i, "name the actor: caller, host, driver, guest"],
  [/\bof (yours|ours)\b/i, "your own; the modelled one"],
  [/\bin the way\b/i, "blocking page"],
  [/\blets? go\b/i, "releases, un-isolates"],
  [/\bsecond thought\b/i, "fast path"],
  [/\b(long|short) way\b/i, "slow path, fast path"],
  [/\b(min|low|high) marks?\b/i, "watermark"],
  [/\bRFC v3 5\/9\b|\bpatch of (September )?2019\b/i, "RFC v3 (September 2019)"],
  [/\bdearer\b|\bbarred\b|\bbereft\b/i, "plainer words"],
];

function faultsIn({ file, line, text }: ProseLine): string[] {
  return BANNED.filter(([pattern]) => pattern.test(text)).map(
    ([pattern, better]) => `${file}:${line}: ${pattern.exec(text)?.[0] ?? ""} -> ${better}`,
  );
}

describe.each(DOCUMENTS)("%s", (file) => {
  test("speaks the language of the field", () => {
    expect(proseOf(file).flatMap(faultsIn)).toEqual([]);
  });

  test(`wraps prose at ${COLUMNS} columns`, () => {
    const long = proseOf(file)
      .filter(
        ({ text }) => text.length > COLUMNS && !text.startsWith("|") && !text.startsWith("!["),
      )
      .map(({ line, text }) => `${line}: ${text.length} columns`);
    expect(long).toEqual([]);
  });
});

/** Sources whose comments are held to this. */
const HELD = SOURCES.filter((file) => !file.includes("/docs/"));

test("comments speak the language of the field", () => {
  expect(HELD.flatMap(commentsOf).flatMap(faultsIn)).toEqual([]);
});

test(`comments wrap at ${COLUMNS} columns`, () => {
  const long = HELD.flatMap((file) =>
    textOf(file)
      .split("\n")
      .map((text, index) => ({ text, line: index + 1 }))
      .filter(({ text }) => text.length > COLUMNS && /^\s*(\/\/|\/?\*)/.test(text))
      .map(({ text, line }) => `${file}:${line}: ${text.length} columns`),
  );
  expect(long).toEqual([]);
});
