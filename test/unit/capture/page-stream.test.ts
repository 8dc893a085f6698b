import { describe, expect, test } from "vitest";

import { CaptureError } from "../../../src/capture/capture-error.js";
import { PageStream } from "../../../src/capture/page-stream.js";

const PAGES = 3000;

/** A word for each page, none like another. */
const WORDS = BigUint64Array.from(
  { length: PAGES },
  (_, pfn) => (BigInt(pfn) << 40n) | BigInt(pfn * 2654435761),
);
const BYTES = new Uint8Array(WORDS.buffer);

/** The bytes, cut after these lengths in turn; a length of 0 gives an empty piece. */
async function* cut(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let index = 0; at < bytes.length; index++) {
    const end = at + lengths[index % lengths.length]!;
    yield await Promise.resolve(bytes.subarray(at, end));
    at = end;
  }
}

/** What a stream hands out for a range, put together; `got` is what it returns. */
async function read(
  stream: PageStream,
  startPfn: number,
  nrPages: number,
): Promise<{ got: number; words: BigUint64Array }> {
  const bytes = new Uint8Array(nrPages * 8);
  const got = await stream.read(startPfn, nrPages, (words, at) => {
    bytes.set(words, at);
  });
  return { got, words: new BigUint64Array(bytes.buffer, 0, got) };
}

describe.each([
  [[1]],
  [[7]],
  [[8]],
  [[13, 0, 1, 4096]],
  [[4095, 5, 0, 0, 9]],
  [[PAGES * 8]],
  [[PAGES * 8 - 1, 1]],
])("a stream that comes in pieces of %j bytes", (lengths) => {
  test.each([
    ["all at once", [[0, PAGES]]],
    [
      "one range after the other",
      [
        [0, 1],
        [1, 512],
        [513, 2487],
      ],
    ],
    [
      "ranges with gaps between them",
      [
        [3, 5],
        [100, 1],
        [1024, 1024],
        [PAGES - 1, 1],
      ],
    ],
  ] as const)("gives the words of %s", async (_name, ranges) => {
    const stream = new PageStream(cut(BYTES, lengths), "kpageflags");
    for (const [start, nr] of ranges) {
      const { got, words } = await read(stream, start, nr);
      expect(got).toBe(nr);
      expect(words).toEqual(WORDS.subarray(start, start + nr));
    }
  });

  test("says how many words there are where it ends", async () => {
    const stream = new PageStream(cut(BYTES, lengths), "kpageflags");
    const { got, words } = await read(stream, PAGES - 10, 512);
    expect(got).toBe(10);
    expect(words).toEqual(WORDS.subarray(PAGES - 10));
    expect((await read(stream, PAGES + 502, 1)).got).toBe(0);
  });

  test("that ends inside a word is an error", async () => {
    const stream = new PageStream(cut(BYTES.subarray(0, -3), lengths), "kpageflags");
    await expect(read(stream, PAGES - 10, 512)).rejects.toThrow(CaptureError);
  });
});

test("a stream without bytes has no words", async () => {
  expect((await read(new PageStream(cut(new Uint8Array(0), [1]), "pgx"), 0, 8)).got).toBe(0);
});
