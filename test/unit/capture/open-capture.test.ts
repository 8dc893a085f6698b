import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readCapture } from "../../../src/capture/read-capture.js";
import { openMember, type CaptureFiles } from "../../../src/capture/capture-files.js";
import { openCapture } from "../../../src/node/index.js";
import { goldenPath, gzipped, webServer, webServerPath, wholeOf } from "./sample-captures.js";

describe("openCapture", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "capture-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  test("a folder and the archive of it give the same capture", async () => {
    const files = await webServer();
    await mkdir(join(folder, "capture"));
    for (const name of files.names()) {
      await writeFile(join(folder, "capture", name), await wholeOf(files.open(name)));
    }
    const fromArchive = await readCapture(await openCapture(webServerPath));
    for (const path of [folder, join(folder, "capture")]) {
      const { zones, device, settings } = await readCapture(await openCapture(path));
      expect({ zones, device, settings }).toEqual({
        zones: fromArchive.zones,
        device: fromArchive.device,
        settings: fromArchive.settings,
      });
    }
  });

  test("one step of a recording comes with the meta.json above it", async () => {
    const files = await openCapture(`${goldenPath}s-web-normal/step1`);
    expect(files.names()).toContain("../meta.json");
  });

  test.each([
    { path: "nowhere", message: "must be a folder or an archive, got no such file" },
    { path: ".", message: /^.* must hold a capture \(.*\), got none$/ },
  ])("$path is refused", async ({ path, message }) => {
    const full = join(folder, path);
    const reading = (async () => readCapture(await openCapture(full)))();
    await expect(reading).rejects.toMatchObject({
      name: "CaptureError",
      message:
        typeof message === "string"
          ? `${full} ${message}`
          : (expect.stringMatching(message) as string),
    });
  });
});

describe("a member is decompressed by what is in it, not by its name:", () => {
  const flags = "kpageflags.gz";
  const decompressed = async () => wholeOf(openMember(await webServer(), flags));

  test("one that a server decompressed on the way, in pieces of any size", async () => {
    const words = await decompressed();
    const files = await webServer({ [flags]: words });
    expect(Buffer.compare(await wholeOf(openMember(files, flags)), words)).toBe(0);
    const inPieces: CaptureFiles = {
      ...files,
      async *open() {
        yield new Uint8Array(0);
        yield words.subarray(0, 1);
        yield words.subarray(1);
        await Promise.resolve();
      },
    };
    expect(Buffer.compare(await wholeOf(openMember(inPieces, flags)), words)).toBe(0);
    const { zones } = await readCapture(files);
    expect(zones).toEqual((await readCapture(await webServer())).zones);
  });

  test("one that is compressed under another name", async () => {
    const text = new TextEncoder().encode("a text");
    const files = await webServer({ "uname.txt": await gzipped(text) });
    expect(await wholeOf(openMember(files, "uname.txt"))).toEqual(text);
  });

  test("an empty .gz file is a damaged one", async () => {
    const files = await webServer({ [flags]: new Uint8Array(0) });
    await expect(wholeOf(openMember(files, flags))).rejects.toThrow(
      `${flags} must be a complete gzip file, got an empty file`,
    );
  });

  test("a reader that stops early lets go of the source", async () => {
    let isOpen = true;
    const files: CaptureFiles = {
      name: "test",
      names: () => ["a"],
      async *open() {
        try {
          for (;;) yield Promise.resolve(new Uint8Array(4));
        } finally {
          isOpen = false;
          await Promise.resolve();
        }
      },
    };
    for await (const piece of openMember(files, "a")) if (piece.length > 0) break;
    expect(isOpen).toBe(false);
  });
});
