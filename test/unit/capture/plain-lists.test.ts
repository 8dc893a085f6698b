import { describe, expect, test } from "vitest";

import { parseMeminfo, parseVmstat } from "../../../src/capture/counters.js";
import { driverParametersOf, zoneinfoLinesOf } from "../../../src/capture/kernel-traces.js";
import { parseMemmaps } from "../../../src/capture/memmap-json.js";
import { parseMemorySettings } from "../../../src/capture/memory-settings.js";
import { parseModuleParameters } from "../../../src/capture/module-parameters.js";
import { parseRecordingMeta } from "../../../src/capture/recording-meta.js";
import {
  decimalNumber,
  hex,
  hexNumber,
  isPowerOfTwo,
  jsonNumber,
} from "../../../src/capture/whole-number.js";
import { zoneKind } from "../../../src/capture/zone-kind.js";

function refused(act: () => unknown, message: string): void {
  expect(act).toThrow(expect.objectContaining({ name: "CaptureError", message }));
}

describe("numbers", () => {
  test.each([
    ["0", 0],
    ["007", 7],
    ["9007199254740991", 2 ** 53 - 1],
  ])("decimal %s", (text, value) => {
    expect(decimalNumber(text, "f", "n")).toBe(value);
  });

  test.each(["", " 1", "1 ", "-1", "+1", "1.0", "1e3", "0x1", "9007199254740992"])(
    "%j is none in decimal",
    (text) => {
      refused(
        () => decimalNumber(text, "f", "n"),
        `f: n must be a whole number from 0 to 2^53, got ${JSON.stringify(text)}`,
      );
    },
  );

  test.each([
    ["0", 0],
    ["1F", 31],
    ["0xff", 255],
    ["0XFF", 255],
    ["1fffffffffffff", 2 ** 53 - 1],
  ])("hexadecimal %s", (text, value) => {
    expect(hexNumber(text, "f", "n")).toBe(value);
  });

  test.each(["", "0x", "g", " 1", "1 ", "x1", "20000000000000"])(
    "%j is none in hexadecimal",
    (text) => {
      refused(
        () => hexNumber(text, "f", "n"),
        `f: n must be a hexadecimal number from 0 to 2^53, got ${JSON.stringify(text)}`,
      );
    },
  );

  test.each([
    [undefined, "nothing"],
    ["1", '"\\"1\\""'],
    [null, '"null"'],
    [-1, '"-1"'],
    [0.5, '"0.5"'],
    [2 ** 53, '"9007199254740992"'],
  ])("%j is none in JSON", (value, got) => {
    refused(
      () => jsonNumber(value, "f", "n"),
      `f: n must be a whole number from 0 to 2^53, got ${got}`,
    );
  });

  test("JSON numbers are what they are", () => {
    expect([0, 2 ** 53 - 1].map((value) => jsonNumber(value, "f", "n"))).toEqual([0, 2 ** 53 - 1]);
  });

  test("powers of two are above 0, and whole", () => {
    expect([0, 1, 2, 3, 4096, 2 ** 40, -2, 6].map(isPowerOfTwo)).toEqual([
      ...[false, true, true, false, true, true, false, false],
    ]);
  });

  test("addresses are in hexadecimal", () => {
    expect(hex(2 ** 32 + 10)).toBe("0x10000000a");
  });

  test("what was found is shortened", () => {
    refused(
      () => decimalNumber("x".repeat(41), "f", "n"),
      `f: n must be a whole number from 0 to 2^53, got "${"x".repeat(40)}"...`,
    );
    refused(
      () => decimalNumber("x".repeat(40), "f", "n"),
      `f: n must be a whole number from 0 to 2^53, got "${"x".repeat(40)}"`,
    );
  });
});

describe("zones", () => {
  test.each(["DMA", "DMA32", "Normal", "Movable"])("%s holds RAM", (name) => {
    expect(zoneKind(name, "f", "zone")).toBe(name);
  });

  test("Device does not, and there are no others", () => {
    expect(zoneKind("Device", "f", "zone")).toBeUndefined();
    refused(
      () => zoneKind("normal", "f", "zone"),
      'f: zone must be DMA, DMA32, Normal, Movable or Device, got "normal"',
    );
  });
});

describe("lists of names and values", () => {
  test("vmstat is read line by line", () => {
    const text = "nr_free_pages 10\n  pgfault   7 \n\n";
    expect([...parseVmstat(text, "vmstat.txt")]).toEqual([
      ["nr_free_pages", 10],
      ["pgfault", 7],
    ]);
    refused(
      () => parseVmstat("nr_free_pages\n", "vmstat.txt"),
      'vmstat.txt: nr_free_pages must be a whole number from 0 to 2^53, got ""',
    );
  });

  test("meminfo is in kB, where it says so", () => {
    const text = "MemTotal:     2048 kB\n\nHugePages_Total:       3\n  Cached: 1 kB\n";
    expect([...parseMeminfo(text, "meminfo.txt")]).toEqual([
      ["MemTotal", 2 ** 21],
      ["HugePages_Total", 3],
      ["Cached", 1024],
    ]);
    refused(
      () => parseMeminfo("MemTotal:  x kB\n", "meminfo.txt"),
      'meminfo.txt: MemTotal must be a whole number from 0 to 2^53, got "x"',
    );
  });

  test("settings of memory are words", () => {
    const text = "block_size_bytes 8000000\n\n  auto_online_blocks   online \nempty\n";
    expect([...parseMemorySettings(text)]).toEqual([
      ["block_size_bytes", "8000000"],
      ["auto_online_blocks", "online"],
      ["empty", ""],
    ]);
  });

  test("parameters of modules are as on a command line", () => {
    const text = [
      "/sys/module/virtio_mem/parameters/force_bbm:N",
      "",
      "  /sys/module/memory_hotplug/parameters/online_policy:auto-movable ",
      "/sys/module/a/parameters/b:",
      "/sys/module/a/parameters/c:d:e",
    ].join("\n");
    const parameters = parseModuleParameters(text, "p.txt");
    expect([...parameters]).toEqual([
      ["virtio_mem.force_bbm", "N"],
      ["memory_hotplug.online_policy", "auto-movable"],
      ["a.b", ""],
      ["a.c", "d:e"],
    ]);
    expect([...driverParametersOf(parameters)]).toEqual(["force_bbm"]);
    expect([...driverParametersOf(new Map([["virtio_mem", ""]]))]).toEqual([]);
  });

  test.each([
    "x/sys/module/a/parameters/b:c",
    "/sys/module/a/parameters/b",
    "/sys/module//parameters/b:c",
    "/sys/module/a/parameters/:c",
    "/sys/module/a b/parameters/c:d",
  ])("%s is no parameter of a module", (line) => {
    refused(
      () => parseModuleParameters(line, "p.txt"),
      'p.txt: line must be "/sys/module/MODULE/parameters/NAME:VALUE", got ' + JSON.stringify(line),
    );
  });

  test.each([
    ["        boost    0\n", ["boost"]],
    ["  a\n              high_min: 7\n        promo    19\n", ["promo", "high_min"]],
    ["boost 0\n", []],
    ["    boost\n", []],
    ["    boosted 1\n    xpromo 1\n    promo x\n", []],
  ])("lines of zoneinfo by which versions differ: %j", (text, lines) => {
    expect([...zoneinfoLinesOf(text)]).toEqual(lines);
  });
});

describe("files of a recording", () => {
  test("meta.json says what it says", () => {
    const json = {
      kernel: "6.1.0",
      kernel_cmdline: "ro quiet",
      region: { gpa: 4096, size: 8192 },
      device_block_size: 1,
      memory_block_size: 2,
      page_size: 3,
    };
    expect(parseRecordingMeta(JSON.stringify(json), "meta.json")).toEqual({
      kernel: "6.1.0",
      commandLine: "ro quiet",
      regionStart: 4096,
      regionSize: 8192,
      blockSize: 1,
      memoryBlockSize: 2,
      pageSize: 3,
    });
  });

  test.each(["{}", '{"kernel": null, "region": {}}'])("%s says nothing", (text) => {
    const meta = parseRecordingMeta(text, "meta.json");
    expect(Object.keys(meta)).toHaveLength(7);
    expect(Object.values(meta).every((value) => value === undefined)).toBe(true);
  });

  test.each([
    ["[]", "meta.json must be a JSON object, got something else"],
    ["null", "meta.json must be a JSON object, got something else"],
    ["1", "meta.json must be a JSON object, got something else"],
    ["{", "meta.json must be JSON, got text that does not parse"],
    ['{"kernel": 6}', "meta.json: kernel must be text, got something else"],
    ['{"kernel_cmdline": []}', "meta.json: kernel_cmdline must be text, got something else"],
    ['{"region": 1}', "meta.json: region must be a JSON object, got something else"],
    [
      '{"region": {"gpa": -1}}',
      'meta.json: region.gpa must be a whole number from 0 to 2^53, got "-1"',
    ],
    [
      '{"region": {"size": "1"}}',
      'meta.json: region.size must be a whole number from 0 to 2^53, got "\\"1\\""',
    ],
    [
      '{"device_block_size": 0.5}',
      'meta.json: device_block_size must be a whole number from 0 to 2^53, got "0.5"',
    ],
    [
      '{"memory_block_size": null}',
      'meta.json: memory_block_size must be a whole number from 0 to 2^53, got "null"',
    ],
    ['{"page_size": -4}', 'meta.json: page_size must be a whole number from 0 to 2^53, got "-4"'],
  ])("%s is refused", (text, message) => {
    refused(() => parseRecordingMeta(text, "meta.json"), message);
  });

  test("memmaps are sections and pages", () => {
    const text = '[{"gpa": 134217728, "memmap_pfn": 7}, {"gpa": 0, "memmap_pfn": 0}]';
    expect(parseMemmaps(text, "m.json")).toEqual([
      { section: 2 ** 27, pfn: 7 },
      { section: 0, pfn: 0 },
    ]);
  });

  test.each([
    ["{}", "m.json must be a JSON list, got other JSON"],
    ["[1]", "m.json: [0] must be a JSON object, got something else"],
    [
      '[{"gpa": 0, "memmap_pfn": 0}, {"memmap_pfn": 1}]',
      "m.json: [1].gpa must be a whole number from 0 to 2^53, got nothing",
    ],
    ['[{"gpa": 1}]', "m.json: [0].memmap_pfn must be a whole number from 0 to 2^53, got nothing"],
  ])("%s are no memmaps", (text, message) => {
    refused(() => parseMemmaps(text, "m.json"), message);
  });
});
