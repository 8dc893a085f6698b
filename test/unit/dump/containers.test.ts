import { describe, expect, test } from "vitest";

import { captureOfDump } from "../../../src/dump/dump-capture.js";
import { openMemory } from "../../../src/dump/open-memory.js";
import { parseMemoryMap } from "../../../src/dump/memory-map.js";
import type { DumpFile } from "../../../src/dump/dump-file.js";
import type { MemoryRange } from "../../../src/dump/physical-memory.js";
import { elfCoreOf, noteOf, type Page } from "./elf-core-of.js";
import { CODECS, flattenedOf, kdumpOf } from "./kdump-of.js";
import { fileOf, imageOf, PAGE, takenApart } from "./sample-dump.js";

const MiB = 2 ** 20;
const sample = () => takenApart("6.12");

/** A text that says all there is of a capture: its small files, and sums of the large ones. */
async function summaryOf(file: DumpFile, map?: readonly MemoryRange[]): Promise<string> {
  const capture = await captureOfDump(await openMemory(file, map));
  const lines: string[] = [];
  for (const name of capture.names()) {
    let sum = 0;
    let size = 0;
    for await (const piece of capture.open(name)) {
      size += piece.length;
      for (let at = 0; at < piece.length; at += 97) sum = (sum * 31 + (piece[at] ?? 0)) >>> 0;
    }
    lines.push(`${name} ${size} ${sum}`);
  }
  return lines.join("\n");
}

/** A page with the note as a kernel has it in memory. */
function notePage(text: string): Uint8Array {
  const page = new Uint8Array(PAGE);
  page.set(noteOf("VMCOREINFO", text));
  return page;
}

/** Any page below 16 MiB that the sample has not. */
function freeAddress(pages: readonly Page[]): number {
  const used = new Set(pages.map(([address]) => address));
  for (let address = MiB; ; address += PAGE) if (!used.has(address)) return address;
}

async function withNoteInMemory(texts?: readonly string[]): Promise<Page[]> {
  const { pages, note } = await sample();
  const all = [...pages];
  for (const text of texts ?? [note]) all.push([freeAddress(all), notePage(text)]);
  return all.sort(([a], [b]) => a - b);
}

describe("a dump", () => {
  test.each(Object.keys(CODECS) as (keyof typeof CODECS)[])(
    "compressed page by page (%s) says what an ELF core says",
    async (name) => {
      const { pages, note } = await sample();
      const core = await summaryOf(fileOf(elfCoreOf(pages, note)));
      expect(await summaryOf(fileOf(kdumpOf(pages, { codec: CODECS[name], note })))).toBe(core);
    },
  );

  test("that was flattened says the same, in whatever order its parts are", async () => {
    const { pages, note } = await sample();
    const kdump = kdumpOf(pages, { codec: CODECS.zlib, note });
    const plain = await summaryOf(fileOf(kdump));
    expect(await summaryOf(fileOf(flattenedOf(kdump, 65536)))).toBe(plain);
    const backwards = flattenedOf(kdump, 65537, (parts) => parts.reverse());
    expect(await summaryOf(fileOf(backwards))).toBe(plain);
    // the last of two counts
    const twice = flattenedOf(kdump, kdump.length >> 3, (parts) => [3, ...parts]);
    twice.fill(0, PAGE + 16, PAGE + 16 + (kdump.length >> 3));
    expect(await summaryOf(fileOf(twice))).toBe(plain);
  });

  test("as a raw image says the same, and finds VMCOREINFO in memory", async () => {
    const { pages, note } = await sample();
    const core = await summaryOf(fileOf(elfCoreOf(pages, note)));
    const withNote = await withNoteInMemory();
    const end = 224 * MiB;
    expect(await summaryOf(imageOf(withNote, end))).toBe(core);
    const low: Page[] = withNote.filter(([address]) => address < 96 * MiB);
    const high: Page[] = withNote.filter(([address]) => address >= 96 * MiB);
    const moved: Page[] = [
      ...high.map(([address, bytes]): Page => [address - 96 * MiB, bytes]),
      ...low.map(([address, bytes]): Page => [address + 128 * MiB, bytes]),
    ];
    const map = parseMemoryMap("0x6000000,128MiB 0x0,96MiB", "map");
    expect(await summaryOf(imageOf(moved, end), map)).toBe(core);
  });

  test("without pages of zeros says the same", async () => {
    const { pages, note } = await sample();
    const core = await summaryOf(fileOf(elfCoreOf(pages, note)));
    const options = { codec: CODECS.zlib, note, withoutZeros: true };
    expect(await summaryOf(fileOf(kdumpOf(pages, options)))).toBe(core);
  });

  test("without a note of its own finds the one in memory, past others that do not fit", async () => {
    const { pages, note } = await sample();
    const core = await summaryOf(fileOf(elfCoreOf(pages, note)));
    const other = note.replace(/OSRELEASE=.*/, "OSRELEASE=4.19.0").replace(/phys_base\)=/, "$&1");
    const found = await withNoteInMemory([other, "OSRELEASE=1\nrubbish\n", note]);
    const files = [elfCoreOf(found, undefined), kdumpOf(found, { codec: CODECS.zlib })];
    for (const file of files)
      expect((await summaryOf(fileOf(file))).replace(/vmcoreinfo.*/, "")).toBe(
        core.replace(/vmcoreinfo.*/, ""),
      );
  });

  test("whose own note does not fit takes the one in memory, and says so", async () => {
    const { note } = await sample();
    const found = await withNoteInMemory();
    const wrong = note.replace(/NUMBER\(phys_base\)=.*/, "NUMBER(phys_base)=4096");
    const capture = await captureOfDump(await openMemory(fileOf(elfCoreOf(found, wrong))));
    expect(capture.notes.join()).toContain("the dump's own note does not fit its memory");
  });
});

describe("a map of a raw image", () => {
  test.each([
    ["0x0", "must be parts such as 0x100000000,5GiB with spaces between"],
    ["0x0,1GiB,2", "must be parts such as"],
    ["0x0,5000", "must be"],
    ["0x10,1GiB", "must be whole pages of 4 KiB, got 0x10 with 1 GiB"],
    ["0x0,0MiB", "must be whole pages of 4 KiB, got 0x0 with 0 B"],
  ])("is refused: %s", (text, message) => {
    expect(() => parseMemoryMap(text, "--memory-map")).toThrow(message);
  });

  test.each([
    ["0x0,1GiB", "memory image must be as large as its map says, 1073741824 bytes, got 16777216"],
    ["0x0,12MiB;0x100000,4MiB", "map of the memory image must not overlap"],
  ])("must be that of the image: %s", async (text, message) => {
    const map = parseMemoryMap(text, "--memory-map");
    await expect(openMemory(imageOf([], 16 * MiB), map)).rejects.toThrow(message);
  });

  test("is for raw images only", async () => {
    const { pages, note } = await sample();
    const map = parseMemoryMap("0x0,1GiB", "--memory-map");
    await expect(openMemory(fileOf(elfCoreOf(pages, note)), map)).rejects.toThrow(
      "must be a raw image where there is a memory map",
    );
  });
});
