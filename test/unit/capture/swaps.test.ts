import { describe, expect, test } from "vitest";

import { parseSwaps } from "../../../src/capture/swaps.js";

const HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

describe("parseSwaps", () => {
  test("reads names and sizes in bytes", () => {
    const text = `${HEAD}/dev/zram0 partition 1024 256 100\n/swap\\040file file 4 0 -2\n`;
    expect(parseSwaps(text, "swaps.txt")).toEqual([
      { name: "/dev/zram0", size: 2 ** 20, used: 2 ** 18 },
      { name: "/swap\\040file", size: 4096, used: 0 },
    ]);
  });

  test("a guest without swap has none", () => {
    expect(parseSwaps(HEAD, "swaps.txt")).toEqual([]);
  });

  test.each([
    ["/dev/vdb partition 4 8 -2", "swaps.txt: Used must be at most Size (4), got 8"],
    ["/dev/vdb partition", 'swaps.txt: Size must be a whole number from 0 to 2^53, got ""'],
  ])("refuses %s", (line, message) => {
    expect(() => parseSwaps(`${HEAD}${line}\n`, "swaps.txt")).toThrow(message);
  });
});
