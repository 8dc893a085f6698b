import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatCount,
  formatDuration,
  formatRoughSize,
  formatSize,
  parseAddress,
  parseSize,
} from "../../src/units.js";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const TiB = 1024 ** 4;

describe("formatSize", () => {
  test.each([
    [0, "0 B"],
    [1, "1 B"],
    [1023, "1023 B"],
    [1024, "1 KiB"],
    [3 * MiB, "3 MiB"],
    [2 * MiB + 1, "2097153 B"],
    [1.5 * GiB, "1.5 GiB"],
    [1920 * MiB, "1920 MiB"],
    [2.25 * TiB, "2.25 TiB"],
    [Number.MAX_SAFE_INTEGER, "9007199254740991 B"],
    [-2 * MiB, "-2 MiB"],
    [NaN, "NaN B"],
  ])("says %d bytes exactly: %s", (bytes, words) => {
    expect(formatSize(bytes)).toBe(words);
  });

  test("what it says reads back as the same number of bytes", () => {
    const anySize = fc.oneof(
      fc.nat(),
      fc.maxSafeNat(),
      fc.nat(2 ** 23).map((nr) => nr * 2 * MiB),
    );
    fc.assert(
      fc.property(anySize, (bytes) => {
        expect(parseSize(formatSize(bytes))).toBe(bytes);
      }),
    );
  });
});

describe("formatRoughSize", () => {
  test.each([
    [1914 * MiB, "1914 MiB"],
    [200 * GiB + 2 * MiB, "200 GiB"],
    [64 * GiB - 3694 * MiB, "60.39 GiB"],
    [16 * TiB - 64 * GiB, "15.94 TiB"],
    [0, "0 B"],
  ])("says %d bytes in at most four digits: %s", (bytes, words) => {
    expect(formatRoughSize(bytes)).toBe(words);
  });
});

describe("parseSize", () => {
  test.each([
    ["0", 0],
    ["2097152", 2 * MiB],
    ["300M", 300 * MiB],
    ["300 MiB", 300 * MiB],
    ["1.5TiB", 1.5 * TiB],
    [" 2g ", 2 * GiB],
    ["64kib", 65_536],
    ["512B", 512],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["0.5K", 512],
    ["0.3K", 307],
    ["30.2GiB", 32_427_003_085],
    ["1Gi", GiB],
  ])("reads %j as %d bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each([
    ["0x140000000", 5 * GiB],
    ["0X10", 16],
    ["5GiB", 5 * GiB],
  ])("reads %j as address %d", (text, address) => {
    expect(parseAddress(text)).toBe(address);
  });

  test.each(["0x", "0xg", "0x20000000000000", "x10"])("takes %j for no address", (text) => {
    expect(() => parseAddress(text)).toThrow(/^address must be/);
  });

  test.each([
    ["-1M", "size must be at least 0, got -1M"],
    ["1.3", "size must be a whole number of bytes, got 1.3"],
    ["8P", "size must be less than 8 PiB, got 8P"],
    ["9007199254740992", "size must be less than 8 PiB, got 9007199254740992"],
    ["3MB", 'size must be in B, KiB, MiB, GiB or TiB, got unit "MB"'],
    ["3 blocks", 'size must be in B, KiB, MiB, GiB or TiB, got unit "blocks"'],
    ["NaN", 'size must be a number with a unit, such as 512MiB, got "NaN"'],
    ["1e9", 'size must be a number with a unit, such as 512MiB, got "1e9"'],
    ["", 'size must be a number with a unit, such as 512MiB, got ""'],
  ])("rejects %j", (text, message) => {
    expect(() => parseSize(text)).toThrow(new RangeError(message));
  });

  test("names the parameter that it is asked for", () => {
    expect(() => parseSize("x", "--to")).toThrow(/^--to must be/);
  });
});

test.each([
  [0, "0"],
  [999, "999"],
  [1000, "1,000"],
  [1_048_576, "1,048,576"],
])("formatCount writes %d as %s", (count, words) => {
  expect(formatCount(count)).toBe(words);
});

test("formatCount counts things", () => {
  expect(formatCount(1, "request")).toBe("1 request");
  expect(formatCount(0, "request")).toBe("0 requests");
  expect(formatCount(12_000, "page")).toBe("12,000 pages");
});

test.each([
  [0, "0 ms"],
  [0.254, "0.25 ms"],
  [31.4, "31 ms"],
  [999.4, "999 ms"],
  [999.7, "1 s"],
  [4_130, "4.1 s"],
  [59_949, "59.9 s"],
  [59_960, "1 min"],
  [150_000, "2 min 30 s"],
  [3_600_000, "1 h"],
  [3_900_000, "1 h 5 min"],
  [90_000_000, "1 d 1 h"],
])("formatDuration writes %d ms as %s", (ms, words) => {
  expect(formatDuration(ms)).toBe(words);
});
