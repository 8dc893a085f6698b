import { deflateSync } from "node:zlib";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { captureOfDump } from "../../../src/dump/dump-capture.js";
import { openMemory } from "../../../src/dump/open-memory.js";
import { isInputError } from "../../../src/input-error.js";
import { elfCoreOf, type Page } from "./elf-core-of.js";
import { CODECS, flattenedOf, kdumpOf } from "./kdump-of.js";
import { fileOf, imageOf, PAGE, takenApart } from "./sample-dump.js";

const MiB = 2 ** 20;
const sample = () => takenApart("6.12");

async function readAll(bytes: Uint8Array): Promise<void> {
  const capture = await captureOfDump(await openMemory(fileOf(bytes)));
  for (const name of capture.names()) {
    for await (const piece of capture.open(name)) if (piece.length === 0) break;
  }
}

async function core(change: (bytes: Uint8Array, view: DataView) => void = () => undefined) {
  const { pages, note } = await sample();
  const bytes = elfCoreOf(pages, note);
  change(bytes, new DataView(bytes.buffer));
  return bytes;
}

async function kdump(change: (bytes: Uint8Array, view: DataView) => void = () => undefined) {
  const { pages, note } = await sample();
  const bytes = kdumpOf(pages, { codec: CODECS.zlib, note });
  change(bytes, new DataView(bytes.buffer));
  return bytes;
}

/** The sample with its note changed. */
async function withNote(change: (note: string) => string) {
  const { pages, note } = await sample();
  return elfCoreOf(pages, change(note));
}

describe("a core", () => {
  test.each([30, 100, 5000, 2 ** 20, -1])("that ends at byte %i is refused", async (end) => {
    await expect(readAll((await core()).subarray(0, end))).rejects.toThrow("is the dump complete?");
  });

  test.each<[string, (bytes: Uint8Array, view: DataView) => void]>([
    [
      "machine must be x86-64, got aarch64: not supported yet",
      (_, view) => {
        view.setUint16(18, 183, true);
      },
    ],
    [
      "machine must be x86-64, got machine 1234",
      (_, view) => {
        view.setUint16(18, 1234, true);
      },
    ],
    ["ELF header must be little-endian, got big-endian", (bytes) => (bytes[5] = 2)],
    ["ELF header must be of 64 bits, got 32", (bytes) => (bytes[4] = 1)],
    [
      "ELF header must be of a core (type 4), got type 2",
      (_, view) => {
        view.setUint16(16, 2, true);
      },
    ],
    [
      "program headers must have 56 bytes each, got 32",
      (_, view) => {
        view.setUint16(54, 32, true);
      },
    ],
    [
      "program headers must be 1 to",
      (_, view) => {
        view.setUint16(56, 0, true);
      },
    ],
    [
      "program headers must name memory, got none",
      (_, view) => {
        view.setUint16(56, 1, true);
      },
    ],
    [
      "notes must be at most 16 MiB",
      (_, view) => {
        view.setBigUint64(64 + 32, 2n ** 30n, true);
      },
    ],
    [
      "note 1 must end within",
      (_, view) => {
        view.setUint32(Number(view.getBigUint64(72, true)) + 4, 2 ** 30, true);
      },
    ],
  ])("is refused: %s", async (message, change) => {
    await expect(readAll(await core(change))).rejects.toThrow(message);
  });

  test("with a hole in the kernel's memory is refused", async () => {
    const { pages, note } = await sample();
    const holed = pages.filter((_, index) => index % 50 !== 7);
    await expect(readAll(elfCoreOf(holed, note))).rejects.toThrow(/must (be in the dump|fit)/);
  });
});

describe("a kdump-compressed file", () => {
  test.each([100, 5000, 20_000, 2 ** 18, -1])("that ends at byte %i is refused", async (end) => {
    await expect(readAll((await kdump()).subarray(0, end))).rejects.toThrow(
      "is the dump complete?",
    );
  });

  test.each<[string, (bytes: Uint8Array, view: DataView) => void]>([
    [
      'machine must be x86_64, got "aarch64"',
      (bytes) => {
        bytes.set(new TextEncoder().encode("aarch64\0"), 272);
      },
    ],
    [
      "header version must be 1 to 6, got 77",
      (_, view) => {
        view.setInt32(8, 77, true);
      },
    ],
    [
      "status must be complete",
      (_, view) => {
        view.setUint32(424, 8, true);
      },
    ],
    [
      "block size must be 4096 bytes, got 65536",
      (_, view) => {
        view.setInt32(428, 65536, true);
      },
    ],
    [
      "sub-header must be there, got 0",
      (_, view) => {
        view.setInt32(432, 0, true);
      },
    ],
    [
      "dump must be in one file, got one of several parts",
      (_, view) => {
        view.setInt32(PAGE + 12, 1, true);
      },
    ],
    [
      "max_mapnr must be 1 to 2^40 pages, got 0",
      (_, view) => {
        view.setBigUint64(PAGE + 96, 0n, true);
      },
    ],
    [
      "bitmaps must have a bit for each",
      (_, view) => {
        view.setUint32(436, 1, true);
      },
    ],
    [
      "VMCOREINFO must be at most 16 MiB",
      (_, view) => {
        view.setBigUint64(PAGE + 40, 2n ** 40n, true);
      },
    ],
  ])("is refused: %s", async (message, change) => {
    await expect(readAll(await kdump(change))).rejects.toThrow(message);
  });

  test("that leaves out the kernel's memory is refused", async () => {
    const { pages, note } = await sample();
    const leftOut = (address: number) => address % (64 * PAGE) === 0;
    const bytes = kdumpOf(pages, { codec: CODECS.zlib, note, leftOut });
    await expect(readAll(bytes)).rejects.toThrow(
      /got a page that was left out|must fit the memory/,
    );
  });

  const bomb = new Uint8Array(2 ** 20);
  test.each([
    [1, deflateSync(bomb), "must decompress to 4096 bytes, got a damaged one"],
    [1, new Uint8Array(30).fill(7), "must decompress to 4096 bytes, got a damaged one"],
    [1, deflateSync(new Uint8Array(100)), "must decompress to 4096 bytes, got 100"],
    [4, Uint8Array.of(0x80, 0x80, 0x80, 0x80, 4, 0, 0), "must decompress to 4096 bytes"],
    [
      0x20,
      Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 64, 0),
      "got a frame of 1073741824",
    ],
    [
      0x20,
      // a run of half a MiB, of which no more than a page is written
      Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x60, 0, 15, 3, 0, 64, 7),
      "must fit the memory",
    ],
    [2, Uint8Array.of(0, ...new Uint8Array(40), 1, 1), "LZO data must be 4096 bytes"],
    [
      2,
      Uint8Array.of(33, 65, 32, 0, 0, 0, 0, 0, 255, 0, 0, 17, 0, 0),
      "LZO data must be 4096 bytes",
    ],
    [64, new Uint8Array(30), "must be compressed by zlib, lzo, snappy or zstd, got flags 0x40"],
  ])("with a page that decompresses otherwise is refused (%#)", async (flag, body, message) => {
    const { pages, note } = await sample();
    const bytes = kdumpOf(pages, { codec: { flag, compress: () => body }, note });
    await expect(readAll(bytes)).rejects.toThrow(message);
  });

  test.each([
    [0, "must have 1 to 4096 bytes, got 0"],
    [5000, "must have 1 to 4096 bytes, got 5000"],
  ])("with a page of %i bytes is refused", async (size, message) => {
    const { pages, note } = await sample();
    const body = new Uint8Array(size);
    const bytes = kdumpOf(pages, { codec: { flag: 1, compress: () => body }, note });
    await expect(readAll(bytes)).rejects.toThrow(message);
  });
});

describe("a flattened file", () => {
  test("that is cut off is refused", async () => {
    const bytes = flattenedOf(await kdump(), 65536);
    for (const end of [1000, 5000, bytes.length - 16, bytes.length - 1]) {
      await expect(readAll(bytes.subarray(0, end))).rejects.toThrow(
        /is the dump complete|must lie within/,
      );
    }
  });

  test.each<[string, (view: DataView) => void]>([
    [
      "type must be 1 (flattened), got 2",
      (view) => {
        view.setBigInt64(16, 2n);
      },
    ],
    [
      "part 1 of the flattened file must lie within",
      (view) => {
        view.setBigInt64(PAGE + 8, 2n ** 60n);
      },
    ],
    [
      "part 1 of the flattened file must lie within",
      (view) => {
        view.setBigInt64(PAGE + 8, -5n);
      },
    ],
    [
      "part 1 of the flattened file must lie within",
      (view) => {
        view.setBigInt64(PAGE, -7n);
      },
    ],
    [
      "part 1 of the flattened file must lie within",
      (view) => {
        view.setBigInt64(PAGE + 8, 0n);
      },
    ],
  ])("is refused: %s", async (message, change) => {
    const bytes = flattenedOf(await kdump(), 65536);
    change(new DataView(bytes.buffer));
    await expect(readAll(bytes)).rejects.toThrow(message);
  });

  test("within a flattened file is refused", async () => {
    const bytes = flattenedOf(flattenedOf(await kdump(), 65536), 65536);
    await expect(readAll(bytes)).rejects.toThrow(
      "must be of a kdump-compressed file or an ELF core",
    );
  });

  test("whose parts overlap each other without end is refused", async () => {
    const bytes = flattenedOf(await kdump(), 200);
    const view = new DataView(bytes.buffer);
    for (let at = PAGE; at + 216 < bytes.length; at += 216) view.setBigInt64(at, 0n);
    await expect(readAll(bytes)).rejects.toThrow("must be apart where they are more than 4096");
  });
});

describe("VMCOREINFO", () => {
  test("that is missing is said, with what may be the reason", async () => {
    const { pages } = await sample();
    const message = "must be in the dump or in the guest's memory, got none: is it a Linux guest";
    await expect(readAll(elfCoreOf(pages, undefined))).rejects.toThrow(message);
    await expect(openMemory(imageOf([], 16 * MiB)).then(captureOfDump)).rejects.toThrow(message);
  });

  test("that is there twice, and both fit, is refused", async () => {
    const { pages, note } = await sample();
    const two = elfCoreOf(pages, note);
    const memory = await openMemory(fileOf(two));
    const hints = { vmcoreInfos: [note, `${note}NUMBER(MORE)=1\n`], pageTables: [] };
    const read = (address: number, length: number) => memory.read(address, length);
    const both = { name: "dump", ranges: memory.ranges, hints, read };
    await expect(captureOfDump(both)).rejects.toThrow(
      "must be one that fits the memory, got 2 (6.12",
    );
  });

  test.each<[string, string | RegExp, string]>([
    ["must fit the memory", /OSRELEASE=.*/, "OSRELEASE=6.12.0"],
    ["must fit the memory", /NUMBER\(phys_base\)=.*/, "NUMBER(phys_base)=12288"],
    ["must fit the memory", /NUMBER\(phys_base\)=.*/, "NUMBER(phys_base)=much"],
    ["must fit the memory", /SYMBOL\(swapper_pg_dir\)=.*/, "SYMBOL(swapper_pg_dir)=ffff"],
    ["PAGESIZE must be 4096", /PAGESIZE=.*/, "PAGESIZE=65536"],
    ["must fit the memory", /SYMBOL\(init_uts_ns\)=.*/, "SYMBOL(init_uts_ns)=ffffffff80000000"],
    ["must fit the memory", /NUMBER\(pgtable_l5_enabled\)=0/, "NUMBER(pgtable_l5_enabled)=1"],
    ["SIZE(page) must be a number from 1 up", /SIZE\(page\)=64/, "SIZE(page)=0"],
    ["must be mapped by the page tables", /SIZE\(page\)=64/, "SIZE(page)=4096"],
    ["fields of a struct page must be", /OFFSET\(page.private\)=40/, "OFFSET(page.private)=64"],
    ["memory sections must be those of a kernel", /SECTION_SIZE_BITS\)=27/, "SECTION_SIZE_BITS)=2"],
    [
      "memory sections must be those of a kernel",
      /LENGTH\(mem_section\)=\d+/,
      "LENGTH(mem_section)=0",
    ],
    [
      "must be mapped by the page tables",
      /SYMBOL\(mem_section\)=.*/,
      "SYMBOL(mem_section)=ffff000000000000",
    ],
    [
      "must be mapped by the page tables",
      /SYMBOL\(node_data\)=.*/,
      "SYMBOL(node_data)=ffffffff00000000",
    ],
    [
      "symbols (kallsyms) must have init_uts_ns",
      /SYMBOL\(kallsyms_token_table\)=.*\nSYMBOL\(kallsyms_token_index\)=(.*)/,
      "SYMBOL(kallsyms_token_table)=$1\nSYMBOL(kallsyms_token_index)=$1",
    ],
    ["NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE) must be in VMCOREINFO", /NUMBER\(PAGE_BUDDY.*\n/, ""],
    ["PG_lru must be 9 as the note says", /NUMBER\(PG_lru\)=5/, "NUMBER(PG_lru)=9"],
  ])("that lies is refused: %s (%s)", async (message, from, to) => {
    const lying = await withNote((note) => {
      expect(note).toMatch(from);
      // addresses move with KASLR: those of the sample are its own
      return note.replace(from, to);
    });
    await expect(readAll(lying)).rejects.toThrow(message);
  });

  test("without what only helps still makes a capture, and a note says what is missing", async () => {
    const less = await withNote((note) => note.replace(/SYMBOL\(prb\)=.*\n/, ""));
    const capture = await captureOfDump(await openMemory(fileOf(less)));
    expect(capture.names()).not.toContain("dmesg-virtio_mem.txt");
    expect(capture.notes.join()).toContain("dmesg-virtio_mem.txt is left out: ");
  });
});

describe("types", () => {
  test("that are damaged are refused", async () => {
    const { pages, note } = await sample();
    const damaged = pages.map(([address, bytes]): Page => {
      // the page where they begin
      const at = bytes.findIndex(
        (byte, index) => byte === 0x9f && bytes[index + 1] === 0xeb && bytes[index + 4] === 24,
      );
      if (at < 0) return [address, bytes];
      const changed = bytes.slice();
      changed.fill(0xff, at + 24, at + 200);
      return [address, changed];
    });
    await expect(readAll(elfCoreOf(damaged, note))).rejects.toThrow("types of the kernel (BTF)");
  });
});

describe("another kind of file", () => {
  test.each([
    ["PAGEDU64", "got a Windows crash dump"],
    ["QEVM", "got a saved state of QEMU"],
    ["LibvirtQemudSave", "use virsh dump --memory-only"],
    ["EMiL\x01\0\0\0", "got an image by LiME"],
  ])("is told by how it begins: %j", async (magic, message) => {
    const bytes = new Uint8Array(16 * MiB);
    bytes.set(new TextEncoder().encode(magic));
    await expect(openMemory(fileOf(bytes))).rejects.toThrow(message);
  });

  test("of an odd size is no raw image", async () => {
    await expect(openMemory(fileOf(new Uint8Array(16 * MiB + 1)))).rejects.toThrow(
      "memory image must be whole pages of 4 KiB, 16 MiB or more, got 16777217 bytes",
    );
  });
});

test("whatever bytes of a dump are damaged, it is read or refused in words", async () => {
  const cores = [await core(), await kdump(), flattenedOf(await kdump(), 2 ** 20)];
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 20 });
  const property = fc.asyncProperty(
    fc.nat(2),
    fc.boolean(),
    damage,
    async (which, early, edits) => {
      const bytes = (cores[which] ?? new Uint8Array(0)).slice();
      for (const [at, byte] of edits) bytes[at % (early ? 9000 : bytes.length)] = byte;
      await readAll(bytes).catch((error: unknown) => {
        if (!isInputError(error)) throw error;
      });
    },
  );
  await fc.assert(property, { numRuns: 20, seed: 1 });
}, 120_000);
