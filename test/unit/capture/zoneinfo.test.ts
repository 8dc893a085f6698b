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
