import { spawnSync } from "node:child_process";
import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { packTar } from "modern-tar";
import { describe, expect, test } from "vitest";
import { tarEntries } from "../../../src/capture/tar.js";
import { wholeOf } from "./sample-captures.js";

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}

async function filesIn(tar: Uint8Array, pieceSize = 1000) {
  const files = new Map<string, string>();
  for await (const { path, size, body } of tarEntries(inPieces(tar, pieceSize), "x.tar")) {
    const content = await wholeOf(body);
    expect(content).toHaveLength(size);
    files.set(path, new TextDecoder().decode(content));
  }
  return files;
}

const longName = `${"folder/".repeat(30)}${"name".repeat(20)}.txt`;
const contents = new Map([
  ["a.txt", "one"],
  ["empty", ""],
  [longName, "two"],
  ["b/c.txt", "three".repeat(500)],
]);

describe("tarEntries", () => {
  test.each(["gnu", "pax", "posix"])("reads what tar writes as %s", async (format) => {
    const folder = await mkdtemp(join(tmpdir(), "tar-"));
    try {
      for (const [name, content] of contents) {
        await mkdir(dirname(join(folder, "files", name)), { recursive: true });
        await writeFile(join(folder, "files", name), content);
      }
      const archive = join(folder, "x.tar");
      const { status } = spawnSync("tar", [
        ...["-C", join(folder, "files"), "-cf", archive, `--format=${format}`],
        ...["--sort=name", "."],
      ]);
      // Another tar than GNU's: nothing to compare with.
      if (status !== 0) return;
      const files = await filesIn(await readFile(archive));
      expect([...files].sort()).toEqual([...contents].sort());
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("a name in two fields, a size in base 256, and no magic are understood", async () => {
    const tar = await packTar([
      { header: { name: "n", size: 3, type: "file" }, body: new TextEncoder().encode("abc") },
    ]);
    const write = (offset: number, bytes: number[] | string) => {
      tar.set(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes, offset);
    };
    const seal = () => {
      write(148, "        ");
      const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
      write(148, `${sum.toString(8).padStart(6, "0")}\0 `);
    };
    write(345, "prefix");
    write(124, [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
    seal();
    expect([...(await filesIn(tar))]).toEqual([["prefix/n", "abc"]]);
    write(257, new Array<number>(8).fill(0));
    seal();
    expect([...(await filesIn(tar))]).toEqual([["n", "abc"]]);
    write(124, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    seal();
    await expect(filesIn(tar)).rejects.toMatchObject({
      message: "x.tar must be a complete tar archive, got a member without a size",
    });
  });

  test("whatever the sizes, the pieces and how much of each is read", async () => {
    const member = fc.record({ size: fc.integer({ min: 0, max: 2000 }), isRead: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(member, { maxLength: 8 }),
        fc.integer({ min: 1, max: 3000 }),
        async (members, pieceSize) => {
          const tar = await packTar(
            members.map(({ size }, index) => ({
              header: { name: `f${index}`, size, type: "file" as const },
              body: new Uint8Array(size).fill(index + 1),
            })),
          );
          let index = 0;
          for await (const { path, size, body } of tarEntries(inPieces(tar, pieceSize), "x.tar")) {
            expect({ path, size }).toEqual({ path: `f${index}`, size: members[index]?.size });
            if (members[index]?.isRead === true) {
              expect(await wholeOf(body)).toEqual(new Uint8Array(size).fill(index + 1));
            } else {
              for await (const piece of body) {
                expect(piece[0]).toBe(index + 1);
                break;
              }
            }
            index++;
          }
          expect(index).toBe(members.length);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("an archive that ends early anywhere is refused", async () => {
    const tar = await packTar([
      { header: { name: "a", size: 700, type: "file" }, body: new Uint8Array(700) },
    ]);
    for (let length = 0; length < 512 * 3; length += 100) {
      await expect(filesIn(tar.subarray(0, length))).rejects.toMatchObject({
        message: "x.tar must be a complete tar archive, got one that is cut off",
      });
    }
  });
});
