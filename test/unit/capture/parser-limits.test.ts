import { describe, expect, test } from "vitest";

import { assertCapture, assertCaptureFiles } from "../../../src/capture/assert-capture.js";
import { captureFilesOf, openMember, readText } from "../../../src/capture/capture-files.js";
import type { Capture, CaptureZone } from "../../../src/capture/capture.js";
import { parseIomem } from "../../../src/capture/iomem.js";
import { parseKernelLog } from "../../../src/capture/kernel-log.js";
import { parseKernelName } from "../../../src/capture/kernel-name.js";
import { parseMemoryBlocks, parseMemoryBlocksJson } from "../../../src/capture/memory-blocks.js";
import { parsePagetypeinfo } from "../../../src/capture/pagetypeinfo.js";
import { parseSwaps } from "../../../src/capture/swaps.js";
import { zoneRanges, type ZoneRange } from "../../../src/capture/zone-ranges.js";

describe("iomem", () => {
  const ram = (text: string): unknown => parseIomem(`0-fff : System RAM\n${text}`, "iomem.txt");

  test.each([
    "    ",
    "1000-1fff : My System RAM",
    "1000-1fff : System RAM and more",
    "1000-1fff : xvirtio0",
    "1000-1fff : virtio0x",
    "0-0 : Reserved",
  ])("%j is nothing of interest", (line) => {
    expect(ram(`${line}\n`)).toEqual(ram(""));
  });

  test("is sorted by address; devices may have any number; RAM may end at 2^52", () => {
    const text =
      "fffffffffff00-fffffffffffff : System RAM\n3000-3fff : virtio12\n1000-1fff : virtio3\n";
    expect(ram(text)).toEqual({
      systemRam: [
        { start: 0, end: 4096 },
        { start: 2 ** 52 - 256, end: 2 ** 52 },
      ],
      virtioMemRam: [],
      regions: [
        { device: "virtio3", start: 0x1000, end: 0x2000 },
        { device: "virtio12", start: 0x3000, end: 0x4000 },
      ],
    });
    const byte = parseIomem("1-1 : System RAM\n", "iomem.txt");
    expect(byte.systemRam).toEqual([{ start: 1, end: 2 }]);
  });

  test.each([
    "-1fff : System RAM",
    "1000- : System RAM",
    "1000 - 1fff : System RAM",
    " : x",
    "1-2: x",
  ])("%j is no line of it", (line) => {
    expect(() => ram(line)).toThrow(
      `iomem.txt: line must be "start-end : name", got ${JSON.stringify(line)}`,
    );
  });
});

describe("pagetypeinfo", () => {
  const free = (node: number, zone: string): string =>
    `Node ${node}, zone ${zone}, type Movable 0 0 0 0 0 0 0 0 0 0 1\n`;
  const blocks = (...rows: string[]): string =>
    `Number of blocks type   Movable\n${rows.map((row) => `Node ${row} 1\n`).join("")}`;

  test("keeps nodes and zones apart, and leaves Device out", () => {
    const text =
      free(12, "Normal") +
      free(12, "DMA") +
      free(0, "Normal") +
      free(0, "Device") +
      "x Node 1, zone Normal, type Movable 0 0 0 0 0 0 0 0 0 0 1\n" +
      "x Number of mixed blocks\n" +
      blocks("12, zone Normal", "12, zone DMA", "0, zone Normal  ");
    const found = parsePagetypeinfo(text, "p.txt", []);
    expect(found.map(({ node, kind }) => [node, kind])).toEqual([
      [12, "Normal"],
      [12, "DMA"],
      [0, "Normal"],
    ]);
  });

  test.each([
    [free(0, "Odd"), 'p.txt: zone must be DMA, DMA32, Normal, Movable or Device, got "Odd"'],
    [
      free(0, "Normal").replace("Node 0", "Node 99999999999999999999"),
      'p.txt: node must be a whole number from 0 to 2^53, got "99999999999999999999"',
    ],
    [
      `${free(0, "Normal")}Node 0, zone Normal 1\n`,
      "p.txt: node 0, zone Normal must have 0 numbers of blocks, got 1",
    ],
  ])("is refused [%#]", (text, message) => {
    expect(() => parsePagetypeinfo(text, "p.txt", [])).toThrow(message);
  });
});

describe("memory blocks", () => {
  test("may be indented, on any node, with zones in any width", () => {
    const text =
      "\n   \n  memory1 phys_index=1 state=online valid_zones= Normal   Movable  node=12 \n";
    expect(parseMemoryBlocks(text, "b.txt", [])).toEqual([
      { id: 1, state: "online", validZones: ["Normal", "Movable"], node: 12 },
    ]);
  });

  test.each([
    ["x memory1 phys_index=1 state=online valid_zones=Normal", 'line must be "memoryN'],
    ["memory1 phys_index=g state=online valid_zones=Normal", "phys_index of memory1 must be a hex"],
  ])("%s is refused", (line, message) => {
    expect(() => parseMemoryBlocks(line, "b.txt", [])).toThrow(`b.txt: ${message}`);
  });

  test("of a recording may have no zones, and are sorted", () => {
    const text =
      '[{"id": 2, "state": "offline"}, {"id": 1, "state": "online", "valid_zones": " Normal  DMA"}]';
    expect(parseMemoryBlocksJson(text, "b.json", [])).toEqual([
      { id: 1, state: "online", validZones: ["Normal", "DMA"] },
      { id: 2, state: "offline", validZones: [] },
    ]);
  });
});

describe("the kernel's log", () => {
  const read = (text: string): unknown => parseKernelLog(`virtio_mem ${text}`, "dmesg.txt");

  test("is of devices with any number and nodes up to four digits, blanks at the end or not", () => {
    expect(read("virtio12: nid: 1234")).toEqual([{ device: "virtio12", node: 1234 }]);
    expect(read("virtio0: nid: -12  ")).toEqual([{ device: "virtio0" }]);
    expect(read("virtio0: region size: 0x10 \t")).toEqual([{ device: "virtio0", regionSize: 16 }]);
    expect(read("virtio0: region size: 0x10 and more")).toEqual([]);
    expect(read("virtio0: constructor: 0x10")).toEqual([{ device: "virtio0" }]);
  });

  test.each(["12345", "1x", "x1", "--1"])("%s is no node", (node) => {
    expect(() => read(`virtio0: nid: ${node}`)).toThrow(
      `dmesg.txt: nid of virtio0 must be the number of a node, got "${node}"`,
    );
  });
});

describe("the kernel's name", () => {
  test.each(["armv7", "armv7l", "armv8hf", "arm64", "i386", "ppc64", "loongarch64"])(
    "%s is not supported",
    (machine) => {
      expect(() => parseKernelName(`Linux guest 6.1.0 #1 ${machine} GNU`, "u.txt")).toThrow(
        `u.txt: machine must be x86_64, got ${machine}: not supported yet`,
      );
    },
  );

  test("stands at the beginning, behind blanks at most", () => {
    expect(parseKernelName(" \n Linux guest 6.1.0 #1", "u.txt")).toBe("6.1.0");
    expect(parseKernelName("My Linux guest 6.1.0 #1", "u.txt")).toBeUndefined();
    expect(parseKernelName("GNU/Linux guest 6.1.0 #1", "u.txt")).toBeUndefined();
    expect(parseKernelName("Linux guest 6.1.0 #1 armvx", "u.txt")).toBe("6.1.0");
  });
});

describe("swaps", () => {
  test("may be full, indented and followed by lines of blanks", () => {
    const text = "Filename Type Size Used Priority\n  /dev/vdb   partition  4   4  -2\n   \n";
    expect(parseSwaps(text, "s.txt")).toEqual([{ name: "/dev/vdb", size: 4096, used: 4096 }]);
  });

  test.each([
    ["/dev/vdb partition 4 x", 'Used must be a whole number from 0 to 2^53, got "x"'],
    ["/dev/vdb partition 4", 'Used must be a whole number from 0 to 2^53, got ""'],
  ])("%s is refused", (line, message) => {
    expect(() => parseSwaps(`head\n${line}`, "s.txt")).toThrow(`s.txt: ${message}`);
  });
});

describe("zones of memory blocks", () => {
  const PAGES = 32768;
  type Zone = Pick<CaptureZone, "kind" | "node" | "startPfn" | "spanned">;
  const dma: Zone = { kind: "DMA32", node: 0, startPfn: 0, spanned: 2 * PAGES + 700 };
  const normal: Zone = { kind: "Normal", node: 0, startPfn: 2 * PAGES + 1100, spanned: 9 * PAGES };
  const movable: Zone = { kind: "Movable", node: 0, startPfn: 0, spanned: 20 * PAGES };

  function rangesOf(
    memoryBlocks: Capture["memoryBlocks"],
    zones: readonly Zone[] = [normal, dma, movable],
  ): ZoneRange[] {
    return zoneRanges({
      device: {
        regionStart: 4 * 2 ** 27,
        regionSize: 2 * 2 ** 27,
        otherRegions: [[8 * 2 ** 27, 9 * 2 ** 27]],
      },
      memoryBlockSize: 2 ** 27,
      memoryBlocks,
      zones,
    } as unknown as Capture);
  }
  const block = (
    id: number,
    zone: string,
    state: "online" | "offline" = "online",
  ): Capture["memoryBlocks"][number] => ({ id, state, validZones: [zone] });

  test("are ascending, without offline ones; the device's are known by its regions", () => {
    const ids = [9, 3, 4, 5, 6, 7, 8];
    const ranges = rangesOf([
      ...ids.map((id) => block(id, "Normal")),
      block(1, "DMA32", "offline"),
    ]);
    expect(ranges.map(({ startPfn, inDevice }) => [startPfn / PAGES, inDevice])).toEqual([
      [3, false],
      [4, true],
      [5, true],
      [6, false],
      [7, false],
      [8, true],
      [9, false],
    ]);
    expect(ranges[0]).toEqual({
      startPfn: 3 * PAGES,
      endPfn: 4 * PAGES,
      kind: "Normal",
      node: 0,
      inDevice: false,
    });
  });

  test("are those whose spans they lie in where sysfs names none: whole pageblocks, ascending", () => {
    const ranges = rangesOf([block(2, "none")]);
    expect(ranges).toEqual([
      { startPfn: 2 * PAGES, endPfn: 2 * PAGES + 1024, kind: "DMA32", node: 0, inDevice: false },
      { startPfn: 2 * PAGES + 1024, endPfn: 3 * PAGES, kind: "Normal", node: 0, inDevice: false },
    ]);
    // a span that ends where the memory block starts has nothing of it
    const upTo = { ...dma, spanned: 2 * PAGES };
    expect(rangesOf([block(2, "none")], [upTo])).toEqual([]);
    expect(rangesOf([block(2, "none")], [movable])).toEqual([]);
  });

  test("are the named one, though it spans other memory; the first of equal ones", () => {
    expect(rangesOf([block(15, "DMA32")])[0]).toMatchObject({ kind: "DMA32", node: 0 });
    const twins = [normal, { ...normal, node: 1 }];
    expect(rangesOf([block(5, "Normal")], twins)[0]?.node).toBe(0);
    const wide = { ...normal, node: 1, spanned: 10 * PAGES };
    expect(rangesOf([block(5, "Normal")], [normal, wide])[0]?.node).toBe(0);
  });
});

describe("what stands in for a capture", () => {
  test.each([undefined, null, "web-server.tar.gz", 1, {}, { device: 1 }, { zones: [] }])(
    "%j is none",
    (value) => {
      const act = (): void => {
        assertCapture(value);
      };
      expect(act).toThrow(TypeError);
      expect(act).toThrow(
        "capture must be what readCapture() gives (await readCapture(await openCapture(path))), got",
      );
    },
  );

  const open = (): void => undefined;
  test.each([
    undefined,
    null,
    "folder",
    {},
    { names: open },
    { open },
    { names: open, open: 1 },
    { names: 1, open },
  ])("%j are no files of one", (value) => {
    const act = (): void => {
      assertCaptureFiles(value);
    };
    expect(act).toThrow(TypeError);
    expect(act).toThrow("files must be what openCapture() or captureFilesOf() gives, got");
  });

  test("is taken by its parts", () => {
    expect(() => {
      assertCapture({ device: {}, zones: [] });
      assertCaptureFiles({ names: open, open });
    }).not.toThrow();
  });
});

describe("files of a capture", () => {
  const files = (name: string, ...parts: BlobPart[]): ReturnType<typeof captureFilesOf> =>
    captureFilesOf("page", new Map([[name, new Blob(parts)]]));

  test("are there, or not", () => {
    expect(() => files("a", "x").open("b")).toThrow("b must be there, got no such file");
  });

  test("are text up to 16 MiB", async () => {
    const most = "x".repeat(2 ** 24);
    expect(await readText(files("a", most), "a")).toHaveLength(2 ** 24);
    await expect(readText(files("a", most, "x"), "a")).rejects.toThrow(
      "a must be at most 16 MiB of text, got more",
    );
  });

  /** Files that arrive in these pieces, and say whether their reader has left them. */
  function inPieces(...pieces: number[][]): Parameters<typeof readText>[0] & { left: boolean } {
    const source = {
      name: "pieces",
      left: false,
      names: () => ["a", "a.gz"],
      async *open(): AsyncGenerator<Uint8Array> {
        try {
          for (const piece of pieces) yield await Promise.resolve(Uint8Array.from(piece));
        } finally {
          source.left = true;
        }
      },
    };
    return source;
  }

  test("are text in pieces of any size, parted within a letter, too", async () => {
    const [first = 0, second = 0] = new TextEncoder().encode("ä");
    expect(await readText(inPieces([0x61], [], [first], [second, 0x62]), "a")).toBe("aäb");
    expect(await readText(inPieces(), "a")).toBe("");
    // one byte of gzip's two is none
    expect(await readText(inPieces([0x1f]), "a.gz")).toBe("\x1f");
    expect(await readText(inPieces([0x1f, 0x20]), "a")).toBe("\x1f ");
  });

  test("are refused where they are empty and were to be compressed", async () => {
    await expect(readText(inPieces(), "a.gz")).rejects.toThrow("a.gz");
  });

  test("are left by a reader that has enough", async () => {
    const source = inPieces([1], [2], [3], [4]);
    for await (const piece of openMember(source, "a")) if (piece[0] === 3) break;
    expect(source.left).toBe(true);
  });
});
