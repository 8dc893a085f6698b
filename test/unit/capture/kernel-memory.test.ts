import { describe, expect, test } from "vitest";

import {
  formatKernelSegments,
  parseKernelSegments,
  RecordedMemory,
  SegmentedMemory,
} from "../../../src/capture/kernel-memory.js";
import { formatKernelSymbols, parseKernelSymbols } from "../../../src/capture/kernel-symbols.js";

const TEXT = "ffff888000001000 4\nffff888000001002 3\n";
const ADDRESS = 0xffff_8880_0000_1000n;

function memory(): SegmentedMemory {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7);
  return new SegmentedMemory(parseKernelSegments(TEXT, "segments"), bytes, "memory");
}

describe("pieces of the kernel's memory", () => {
  test("are read by address, the later one of two", async () => {
    expect(await memory().read(ADDRESS, 2)).toEqual(Uint8Array.of(1, 2));
    expect(await memory().read(ADDRESS + 2n, 3)).toEqual(Uint8Array.of(5, 6, 7));
    expect(await memory().read(ADDRESS + 1n, 3)).toEqual(Uint8Array.of(2, 3, 4));
  });

  test("are written as they are read", () => {
    expect(formatKernelSegments(parseKernelSegments(TEXT, "segments"))).toBe(TEXT);
  });

  test.each([
    [ADDRESS - 1n, 2],
    [ADDRESS, 5],
    [ADDRESS + 4n, 2],
  ])("are missed in words: %i, %i bytes", async (address, length) => {
    await expect(memory().read(address, length)).rejects.toThrow(
      `must be in the capture with ${length} bytes, got none of it`,
    );
  });

  test("are as many as said", () => {
    const segments = parseKernelSegments(TEXT, "segments");
    expect(() => new SegmentedMemory(segments, new Uint8Array(6), "memory")).toThrow(
      "memory: length must be 7 bytes, got 6",
    );
  });

  test.each([
    ["ffff888000001000", "line 1 must be an address and a size above 0"],
    ["ffff888000001000 0", "line 1 must be an address and a size above 0"],
    ["ffff888000001000 4\nx 4", "line 2 must be an address and a size above 0"],
    ["ffff888000001000 10000001", "must be at most 268435456 bytes of the kernel's memory"],
    ["ffff888000001000 ffffffffffffffff", "must be at most 268435456 bytes"],
  ])("are refused where they cannot be: %j", (text, message) => {
    expect(() => parseKernelSegments(text, "segments")).toThrow(message);
  });

  test("are remembered when they are read, once", async () => {
    const recorded = new RecordedMemory(memory());
    await recorded.read(ADDRESS + 2n, 2);
    await recorded.read(ADDRESS, 1);
    await recorded.read(ADDRESS + 2n, 2);
    await expect(recorded.read(0n, 1)).rejects.toThrow("must be in the capture");
    expect(recorded.pieces()).toEqual([
      { segment: { address: ADDRESS + 2n, size: 2 }, bytes: Uint8Array.of(5, 6) },
      { segment: { address: ADDRESS, size: 1 }, bytes: Uint8Array.of(1) },
    ]);
  });
});

describe("symbols of the kernel", () => {
  test("are read as kallsyms has them, or without a type", () => {
    const text = "ffffffff82a5e6e0 D __per_cpu_offset\n000000000002a8c0 cpu_fbatches\n";
    const symbols = parseKernelSymbols(text, "symbols.txt");
    expect(symbols).toEqual(
      new Map([
        ["__per_cpu_offset", 0xffff_ffff_82a5_e6e0n],
        ["cpu_fbatches", 0x2a8c0n],
      ]),
    );
    expect(parseKernelSymbols(formatKernelSymbols(symbols), "symbols.txt")).toEqual(symbols);
  });

  test("are refused where a line is none", () => {
    expect(() => parseKernelSymbols("nr_cpu_ids\n", "symbols.txt")).toThrow(
      'symbols.txt: line 1 must be an address and a name, got "nr_cpu_ids"',
    );
  });
});
