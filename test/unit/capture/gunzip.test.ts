import { describe, expect, test } from "vitest";
import { CaptureError } from "../../../src/capture/capture-error.js";
import { gunzip } from "../../../src/capture/gunzip.js";
import { gzipped, wholeOf } from "./sample-captures.js";

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}

const plain = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) >> 3);

describe("gunzip", () => {
  test.each([1, 7, 100_000])(
    "gives back what was compressed, in pieces of %i bytes",
    async (size) => {
      const pieces = inPieces(await gzipped(plain), size);
      expect(await wholeOf(gunzip(pieces, "x.gz"))).toEqual(plain);
    },
  );

  test("no shorter file passes", async () => {
    const compressed = await gzipped(plain);
    for (let length = 0; length < compressed.length; length += 97) {
      const pieces = inPieces(compressed.subarray(0, length), 1000);
      await expect(wholeOf(gunzip(pieces, "x.gz"))).rejects.toBeInstanceOf(CaptureError);
    }
    for (let missing = 1; missing <= 9; missing++) {
      const pieces = inPieces(compressed.subarray(0, -missing), 1000);
      await expect(wholeOf(gunzip(pieces, "x.gz"))).rejects.toBeInstanceOf(CaptureError);
    }
  });

  test.each([
    {
      name: "an empty file",
      bytes: async () => Promise.resolve(new Uint8Array()),
      message: "x.gz must be a complete gzip file, got an empty file",
    },
    {
      name: "another file",
      bytes: async () => Promise.resolve(new TextEncoder().encode("hello world")),
      message: "x.gz must be a complete gzip file, got other data",
    },
    {
      name: "half a file",
      bytes: async () => (await gzipped(new Uint8Array(1e6))).subarray(0, 500),
      message:
        /^x\.gz must be a complete gzip file, got one that is cut off or damaged \(500 bytes/,
    },
  ])("$name is refused in words", async ({ bytes, message }) => {
    const reading = wholeOf(gunzip(inPieces(await bytes(), 1000), "x.gz"));
    await expect(reading).rejects.toMatchObject({
      name: "CaptureError",
      file: "x.gz",
      message: typeof message === "string" ? message : (expect.stringMatching(message) as string),
    });
  });

  test("an error of the source comes through", async () => {
    const broken = async function* () {
      yield await Promise.resolve((await gzipped(plain)).subarray(0, 100));
      throw new RangeError("disk on fire");
    };
    await expect(wholeOf(gunzip(broken(), "x.gz"))).rejects.toThrow(new RangeError("disk on fire"));
  });

  test("leaving early ends the source", async () => {
    let ended = false;
    const endless = async function* () {
      try {
        yield await gzipped(plain);
        for (;;) yield await Promise.resolve(new Uint8Array(1));
      } finally {
        ended = true;
      }
    };
    for await (const piece of gunzip(endless(), "x.gz")) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect(ended).toBe(true);
  });
});
