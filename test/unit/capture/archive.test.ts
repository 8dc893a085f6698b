import { readFile } from "node:fs/promises";
import { packTar } from "modern-tar";
import { describe, expect, test } from "vitest";
import { openArchive } from "../../../src/capture/archive.js";
import { gzipped, webServerPath, wholeOf } from "./sample-captures.js";

const bytes = (text: string) => new TextEncoder().encode(text);

function file(name: string, content: Uint8Array) {
  return { header: { name, size: content.length, type: "file" as const }, body: content };
}

describe("openArchive", () => {
  test.each(["compressed", "plain"])("finds the files of a %s archive", async (kind) => {
    const tar = await packTar([
      { header: { name: "./capture/", size: 0, type: "directory" } },
      file("./capture/a.txt", bytes("first")),
      file("./capture/empty", new Uint8Array()),
      file("./capture/a.txt", bytes("the last one counts")),
    ]);
    const blob = new Blob([kind === "plain" ? tar : await gzipped(tar)]);
    const files = await openArchive("x.tar", blob);
    expect(files.names()).toEqual(["capture/a.txt", "capture/empty"]);
    expect(await wholeOf(files.open("capture/a.txt"))).toEqual(bytes("the last one counts"));
    expect(await wholeOf(files.open("capture/empty"))).toHaveLength(0);
    await expect(wholeOf(files.open("b.txt"))).rejects.toMatchObject({
      message: "b.txt must be there, got no such file",
    });
  });

  test("large members are not held but read again, whole or in part", async () => {
    const large = new Uint8Array(2 ** 24 + 12345).fill(7);
    const tar = await packTar([
      file("before.txt", bytes("before")),
      file("large", large),
      file("after.txt", bytes("after")),
    ]);
    let passes = 0;
    const files = await openArchive("x.tar", async function* () {
      passes++;
      for (let at = 0; at < tar.length; at += 65_536) {
        yield await Promise.resolve(tar.subarray(at, at + 65_536));
      }
    });
    const passesToOpen = passes;
    expect(await wholeOf(files.open("after.txt"))).toEqual(bytes("after"));
    expect(passes).toBe(passesToOpen);
    for await (const piece of files.open("large")) {
      expect(piece[0]).toBe(7);
      break;
    }
    expect(await wholeOf(files.open("large"))).toHaveLength(large.length);
    expect(passes).toBe(passesToOpen + 2);
  });

  test.each([0.1, 0.5, 0.9, 0.999])("an archive cut off at %f of it is refused", async (part) => {
    const whole = await readFile(webServerPath);
    const blob = new Blob([whole.subarray(0, Math.floor(whole.length * part))]);
    await expect(openArchive("x.tar.gz", blob)).rejects.toMatchObject({
      name: "CaptureError",
      message: expect.stringMatching(
        /^x\.tar\.gz must be a complete gzip file, got one that is cut off or damaged/,
      ) as string,
    });
  });

  test("a plain archive cut off in a member is refused", async () => {
    const tar = await packTar([file("a.txt", bytes("x".repeat(2000)))]);
    await expect(openArchive("x.tar", new Blob([tar.subarray(0, 1500)]))).rejects.toMatchObject({
      message: "x.tar must be a complete tar archive, got one that is cut off",
    });
  });

  test.each([
    { name: "text", content: "no archive ".repeat(100), found: "other data" },
    { name: "a few bytes", content: "short", found: "one that is cut off" },
    { name: "nothing", content: "", found: "one that is cut off" },
  ])("$name is refused", async ({ content, found }) => {
    await expect(openArchive("x.png", new Blob([content]))).rejects.toMatchObject({
      name: "CaptureError",
      message: `x.png must be a complete tar archive, got ${found}`,
    });
  });
});
