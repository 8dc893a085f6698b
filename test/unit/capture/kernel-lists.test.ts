import { gunzipSync, gzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { joined } from "../../../src/capture/byte-stream.js";
import type { CaptureFiles } from "../../../src/capture/capture-files.js";
import { readCapture } from "../../../src/capture/read-capture.js";
import { Guest } from "../../../src/guest/guest.js";
import { openCapture } from "../../../src/node/index.js";
import { coreModule } from "../../core-under-test.js";

const SAMPLE = new URL("../../golden/exact/lists-7.2.tar", import.meta.url).pathname;
const sample = await openCapture(SAMPLE);

async function bytesOf(name: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of sample.open(`capture/${name}`)) pieces.push(piece);
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  const bytes = Buffer.from(await joined(pieces, size));
  return name.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

type Change = ((bytes: Buffer) => Buffer) | undefined;

/** The sample with some of its files changed; undefined: left out. */
async function changed(changes: Readonly<Record<string, Change>>) {
  const own = new Map<string, Buffer>();
  for (const [name, change] of Object.entries(changes)) {
    if (change !== undefined) own.set(`capture/${name}`, change(await bytesOf(name)));
  }
  const isGone = (name: string): boolean => {
    const short = name.slice("capture/".length);
    return short in changes && !own.has(name);
  };
  const files: CaptureFiles = {
    name: "changed",
    names: () => sample.names().filter((name) => !isGone(name)),
    async *open(name) {
      const bytes = own.get(name);
      if (bytes === undefined) yield* sample.open(name);
      else yield name.endsWith(".gz") ? gzipSync(bytes, { level: 1 }) : bytes;
    },
  };
  return readCapture(files);
}

function replaced(from: string | RegExp, to: string): Change {
  return (bytes) => {
    const text = bytes.toString("latin1");
    const result = text.replace(from, to);
    if (result === text) throw new Error(`the sample must have ${String(from)}`);
    return Buffer.from(result, "latin1");
  };
}

const load = async (changes: Readonly<Record<string, Change>>) =>
  Guest.fromCapture(await changed(changes), { core: coreModule() });

describe("the kernel's own lists", () => {
  test("are read whole", async () => {
    const { kernelLists } = await changed({});
    expect(kernelLists?.notes).toEqual([]);
    expect(kernelLists?.zones.map(({ kind }) => kind)).toEqual(["DMA", "DMA32", "Normal"]);
  });

  test.each<[string, Change, string]>([
    ["vmcoreinfo.txt", replaced(/SIZE\(zone\)=\d+/, "SIZE(zone)=256"), "must hold its free areas"],
    ["vmcoreinfo.txt", replaced(/SIZE\(zone\)=\d+/, "SIZE(zone)=0"), "must be a number from 1 up"],
    [
      "vmcoreinfo.txt",
      replaced(/SIZE\(zone\)=\d+/, "SIZE(zone)=999999999"),
      "must be at most 16777216 bytes",
    ],
    [
      "vmcoreinfo.txt",
      replaced(/OFFSET\(zone.free_area\)=\d+/, "OFFSET(zone.free_area)=100000"),
      "must hold its free areas",
    ],
    [
      "vmcoreinfo.txt",
      replaced(/LENGTH\(zone.free_area\)=\d+/, "LENGTH(zone.free_area)=99"),
      "must be 11 orders",
    ],
    [
      "vmcoreinfo.txt",
      replaced(/SYMBOL\(node_data\)=\w+/, "SYMBOL(node_data)=ffffffff00000000"),
      "must be in the capture",
    ],
    ["kernel-memory.gz", (bytes) => bytes.subarray(0, 5000), "length must be"],
    ["kernel-memory.txt", replaced(/^\S+ /, "here "), "must be an address and a size above 0"],
    ["kernel-memory.txt", undefined, "must be in the capture, got no such file"],
    ["symbols.txt", replaced(/^\S+ /, "there "), "must be an address and a name"],
  ])("are left out with a note where %s is wrong (%#)", async (file, change, message) => {
    const { kernelLists, structPages, notes } = await changed({ [file]: change });
    expect(kernelLists).toBeUndefined();
    expect(structPages).toBeDefined();
    expect(notes.join("\n")).toContain("free lists are built by a convention");
    expect(notes.join("\n")).toContain(message);
  });

  test("need the types of the kernel", async () => {
    const { kernelLists, notes } = await changed({ "btf.gz": (bytes) => bytes.subarray(0, 90) });
    expect(kernelLists).toBeUndefined();
    expect(notes.join("\n")).toContain("btf.gz: length");
  });

  test("are used without caches where their symbols are not there", async () => {
    const { kernelLists, notes } = await changed({ "symbols.txt": undefined });
    expect(kernelLists?.zones.flatMap(({ caches }) => caches)).toEqual([]);
    expect(kernelLists?.zones.some(({ lists }) => lists.length > 0)).toBe(true);
    expect(notes.join("\n")).toContain("caches of CPUs are not known");
  });

  test("that contradict what the guest counts are said to", async () => {
    const more = /(zone +DMA32 +)(\d+)/;
    const plusOne = (_: string, before: string, count: string): string =>
      `${before}${Number(count) + 1}`;
    const change: Change = (bytes) => Buffer.from(bytes.toString().replace(more, plusOne));
    const guest = await load({ "buddyinfo.txt": change });
    expect(guest.loaded?.listDifferences?.join("\n")).toMatch(
      /node 0, zone DMA32: free lists have other chunks than \/proc\/buddyinfo: \d+ of order 0 for \d+/,
    );
  });
});

/** Offset of the links in a struct page, and bytes of one. */
const LINKS = 8;
const STRUCT = 64;

describe("links of struct pages that lie", () => {
  const damage = (how: (bytes: Buffer, at: number, own: bigint) => void, most = 200): Change => {
    return (bytes) => {
      // pages of free chunks: their type is 0xf0 in the upper byte of the map count's field
      for (let at = 0, seen = 0; at < bytes.length && seen < most; at += STRUCT) {
        if (bytes[at + 51] !== 0xf0) continue;
        how(bytes, at, bytes.readBigUInt64LE(at + LINKS));
        seen++;
      }
      return bytes;
    };
  };

  test.each<[string, Change]>([
    ["in circles", damage((bytes, at, next) => bytes.writeBigUInt64LE(next, at + LINKS + 8))],
    [
      "out of memory",
      damage((bytes, at) => bytes.writeBigUInt64LE(0xffff_ffff_ffff_f008n, at + LINKS)),
    ],
    ["nowhere", damage((bytes, at) => bytes.writeBigUInt64LE(0n, at + LINKS))],
    [
      "to orders that there are not",
      damage((bytes, at) => bytes.writeBigUInt64LE(77n, at + 40), 5),
    ],
  ])("lead %s and end", async (_what, change) => {
    const guest = await load({ "struct-pages.gz": change });
    const { orderedChunks = 0, kernelChunks = 0 } = guest.loaded ?? {};
    expect(kernelChunks).toBeGreaterThan(0);
    expect(orderedChunks).toBeLessThanOrEqual(kernelChunks * 2);
    expect(guest.pages.freePages(1)).toBeGreaterThan(0);
  });
});
