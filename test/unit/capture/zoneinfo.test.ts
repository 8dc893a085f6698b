import { describe, expect, test } from "vitest";
import { parseZoneinfo } from "../../../src/capture/zoneinfo.js";

const zone = (name: string, lines: string) => `Node 0, zone ${name}\n${lines}`;

const normal = `  pages free     100
        boost    1
        min      13
        low      16
        high     19
        spanned  4096
        present  2048
        managed  1024
        cma      0
        protection: (0, 0, 7)
      nr_free_pages 100
      nr_zspages   3
  pagesets
    cpu: 0
              count: 5
              high:  60
              batch: 15
    cpu: 1
              count: 6
              high:  60
              batch: 15
              high_min: 7
  vm stats threshold: 12
  node_unreclaimable:  0
  start_pfn:           1048576
`;

const empty = `  pages free     0
        min      0
        low      0
        high     0
        spanned  0
        present  0
        managed  0
        protection: (0, 0)
`;

describe("parseZoneinfo", () => {
  test("reads what a zone says of itself, and skips zones without pages", () => {
    const text = zone("  Normal", normal) + zone(" Movable", empty) + zone("  Device", empty);
    expect(parseZoneinfo(text, "zoneinfo.txt")).toEqual([
      {
        node: 0,
        kind: "Normal",
        free: 100,
        boost: 1,
        min: 13,
        low: 16,
        high: 19,
        spanned: 4096,
        present: 2048,
        managed: 1024,
        startPfn: 1048576,
        protection: [0, 0, 7],
        cpus: [
          { count: 5, high: 60, batch: 15 },
          { count: 6, high: 60, batch: 15 },
        ],
        counters: new Map([
          ["nr_free_pages", 100],
          ["nr_zspages", 3],
        ]),
      },
    ]);
  });

  test("kernels before 5.14 have no boost", () => {
    const text = zone("Normal", normal.replace(/ +boost.*\n/, ""));
    expect(parseZoneinfo(text, "zoneinfo.txt")[0]?.boost).toBe(0);
  });

  test("takes marks up to 32768 pages in a small zone, and up to its span in others", () => {
    const marks = (high: number, spanned: number): string =>
      zone("Normal", normal.replace("high     19", `high     ${high}`)).replace(
        "4096",
        `${spanned}`,
      );
    expect(parseZoneinfo(marks(32768, 4096), "z")[0]?.high).toBe(32768);
    expect(parseZoneinfo(marks(40000, 40000), "z")[0]?.high).toBe(40000);
    expect(() => parseZoneinfo(marks(40001, 40000), "z")).toThrow("at most spanned (40000)");
  });

  test("takes values at their limits, sixteen zones and the last node", () => {
    const tight = normal
      .replace("boost    1", "boost    19")
      .replace("min      13", "min      19")
      .replace("low      16", "low      19")
      .replace("present  2048", "present  4096")
      .replace("managed  1024", "managed  4096")
      .replace("1048576", `${2 ** 41 - 4096}`);
    const text = Array.from({ length: 16 }, (_, at) =>
      zone("Normal", tight).replace("Node 0", `Node ${at}`),
    ).join("");
    const zones = parseZoneinfo(text, "zoneinfo.txt");
    expect(zones).toHaveLength(16);
    expect(zones[15]).toMatchObject({ node: 15, boost: 19, min: 19, low: 19, managed: 4096 });
  });

  test("skips what stands outside of zones, of pages and of page sets", () => {
    const stats = "  per-node stats\n      nr_inactive_anon 1\n      boost x\n";
    const text = `protection: x\n  pages free x\n${zone("Normal", stats + normal)}`;
    const [found] = parseZoneinfo(text, "zoneinfo.txt");
    expect(found?.counters.has("nr_inactive_anon")).toBe(false);
    expect(found?.counters.size).toBe(2);
    // a value above the first cpu belongs to no CPU
    const lost = zone("Normal", normal.replace("    cpu: 0\n", ""));
    expect(parseZoneinfo(lost, "zoneinfo.txt")[0]?.cpus).toEqual([
      { count: 6, high: 60, batch: 15 },
    ]);
  });

  test.each([
    { text: "", message: "zoneinfo.txt must have a zone with pages, got none" },
    {
      text: zone("Movable", empty),
      message: "zoneinfo.txt must have a zone with pages, got none",
    },
    {
      text: zone("HighMem", normal),
      message: 'zoneinfo.txt: zone must be DMA, DMA32, Normal, Movable or Device, got "HighMem"',
    },
    {
      text: zone("Normal", normal) + zone("Normal", normal),
      message: "zoneinfo.txt: node 0, zone Normal must be there once, got it twice",
    },
    {
      text: zone("Normal", normal.replace("min      13\n", "")),
      message: "zoneinfo.txt: min of node 0, zone Normal must be there, got nothing",
    },
    {
      text: zone("Normal", normal.replace("free     100", "free     -1")),
      message:
        'zoneinfo.txt: free of node 0, zone Normal must be a whole number from 0 to 2^53, got "-1"',
    },
    {
      text: zone("Normal", normal.replace("present  2048", "present  NaN")),
      message:
        "zoneinfo.txt: present of node 0, zone Normal must be a whole number from 0 to 2^53, " +
        'got "NaN"',
    },
    {
      text: zone("Normal", normal.replace("present  2048", "present  5000")),
      message:
        "zoneinfo.txt: present of node 0, zone Normal must be at most spanned (4096), got 5000",
    },
    {
      text: zone("Normal", normal.replace("managed  1024", "managed  2049")),
      message:
        "zoneinfo.txt: managed of node 0, zone Normal must be at most present (2048), got 2049",
    },
    {
      text: zone("Normal", normal.replace("(0, 0, 7)", "(0, x)")),
      message:
        "zoneinfo.txt: protection of node 0, zone Normal must be " +
        'a whole number from 0 to 2^53, got "x"',
    },
    {
      text: zone("Normal", normal.replace("(0, 0, 7)", "0, 0")),
      message:
        "zoneinfo.txt: protection of node 0, zone Normal must be a list in brackets, got none",
    },
    {
      text: zone("Normal", normal.replace("count: 6\n", "")),
      message:
        "zoneinfo.txt: pageset 1 of node 0, zone Normal must have count, high and batch, got less",
    },
    ...["high", "batch"].map((name) => ({
      text: zone("Normal", normal.replace(new RegExp(`${name}: +\\d+\\n`), "")),
      message:
        "zoneinfo.txt: pageset 0 of node 0, zone Normal must have count, high and batch, got less",
    })),
    ...["low", "high", "spanned", "present", "managed"].map((name) => ({
      text: zone("Normal", normal.replace(new RegExp(`(pages )?\\b${name} +\\d+\n`), "\n")),
      message: `zoneinfo.txt: ${name} of node 0, zone Normal must be there, got nothing`,
    })),
    ...[
      [
        "boost    1",
        "boost    14",
        "boost of node 0, zone Normal must be at most min (13), got 14",
      ],
      ["min      13", "min      17", "min of node 0, zone Normal must be at most low (16), got 17"],
      [
        "low      16",
        "low      20",
        "low of node 0, zone Normal must be at most high (19), got 20",
      ],
      [
        "high     19",
        "high     32769",
        "high of node 0, zone Normal must be at most spanned (32768), got 32769",
      ],
      ["1048576", `${2 ** 41}`, `start_pfn of node 0, zone Normal must be at most 2^41 - spanned`],
      ["nr_free_pages 100", "nr_free_pages x", "nr_free_pages of node 0, zone Normal must be a"],
      ["count: 5", "count: x", "count of node 0, zone Normal must be a whole number"],
      ["1048576", "x", "start_pfn of node 0, zone Normal must be a whole number"],
      ["(0, 0, 7)", "(0, 7", "protection of node 0, zone Normal must be a list in brackets"],
    ].map(([old = "", replacement = "", message = ""]) => ({
      text: zone("Normal", normal.replace(old, replacement)),
      message: expect.stringContaining(`zoneinfo.txt: ${message}`) as string,
    })),
    {
      text: zone("Normal", normal).replace("Node 0", "Node 16"),
      message: "zoneinfo.txt: node must be from 0 to 15, got 16: not supported yet",
    },
    {
      text: Array.from({ length: 17 }, (_, at) =>
        zone(["Normal", "DMA"][at % 2] ?? "", normal).replace("Node 0", `Node ${at >> 1}`),
      ).join(""),
      message: "zoneinfo.txt: zones with pages must be at most 16, got 17: not supported yet",
    },
    {
      text: zone("Normal", normal.replace("start_pfn:           1048576", "")),
      message: "zoneinfo.txt: start_pfn of node 0, zone Normal must be there, got nothing",
    },
  ])("rejects: $message", ({ text, message }) => {
    expect(() => parseZoneinfo(text, "zoneinfo.txt")).toThrow(
      expect.objectContaining({ name: "CaptureError", message }),
    );
  });
});
