import { describe, expect, test } from "vitest";
import { readCapture } from "../../../src/capture/read-capture.js";
import { openMember } from "../../../src/capture/capture-files.js";
import { gzipped, webServer, wholeOf } from "./sample-captures.js";

const NR_PAGES = 0x1c0000000 / 4096;

async function read(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const piece of bytes) size += piece.length;
  return size;
}

async function flagBytes() {
  return wholeOf(openMember(await webServer(), "kpageflags.gz"));
}

describe("the page flags of a capture", () => {
  test("can be read again and again, and left in the middle", async () => {
    const capture = await readCapture(await webServer());
    for await (const piece of capture.pageFlags()) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect(await read(capture.pageFlags())).toBe(NR_PAGES * 8);
    expect(await read(capture.pageFlags())).toBe(NR_PAGES * 8);
  });

  test("may be uncompressed", async () => {
    const files = await webServer({ "kpageflags.gz": undefined, kpageflags: await flagBytes() });
    const capture = await readCapture(files);
    expect(await read(capture.pageFlags())).toBe(NR_PAGES * 8);
  });

  test.each([
    {
      name: "half a word",
      cut: (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, -3),
      message: `kpageflags.gz: length must be a multiple of 8 bytes, got ${NR_PAGES * 8 - 3}`,
    },
    {
      name: "half the memory",
      cut: (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, bytes.length / 2),
      message:
        `kpageflags.gz: length must reach the end of System RAM, page ${NR_PAGES}, ` +
        `got ${NR_PAGES / 2} pages`,
    },
    {
      name: "nothing",
      cut: () => new Uint8Array(),
      message: `kpageflags.gz: length must reach the end of System RAM, page ${NR_PAGES}, got 0 pages`,
    },
  ])("$name is refused at the end", async ({ cut, message }) => {
    const files = await webServer({ "kpageflags.gz": await gzipped(cut(await flagBytes())) });
    const capture = await readCapture(files);
    await expect(read(capture.pageFlags())).rejects.toMatchObject({
      name: "CaptureError",
      file: "kpageflags.gz",
      message,
    });
  });
});
