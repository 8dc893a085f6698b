import { describe, expect, test } from "vitest";

import { parseStructPageRuns } from "../../../src/capture/struct-page-runs.js";

const BASE = 0xffff_ea00_0000_0000n;
const parse = (text: string, base?: bigint) => parseStructPageRuns(text, "runs", 64, base);

describe("which struct pages were captured", () => {
  test("is counted from that of pfn 0", () => {
    const text = "ffffea0000000000 1000\nffffea0000004000 fc000\nffffea0004000000 800000\n";
    const runs = [
      { startPfn: 0, nrPages: 64 },
      { startPfn: 256, nrPages: 16128 },
      { startPfn: 0x100000, nrPages: 0x20000 },
    ];
    expect(parse(text, BASE)).toEqual(runs);
    expect(parse(text)).toEqual(runs);
  });

  test("is counted from where the kernel says that it begins", () => {
    expect(parse("ffffea0000004000 1000", BASE - 4096n)).toEqual([{ startPfn: 320, nrPages: 64 }]);
  });

  test.each([
    ["", "line 1 must be an address and a size"],
    ["ffffea0000000000", "line 1 must be an address and a size"],
    ["ffffea0000000000 0", "must be whole pages of struct pages"],
    ["ffffea0000000040 1000", "must be whole pages of struct pages"],
    ["ffffea0000000000 1040", "must be whole pages of struct pages"],
    [
      "ffffea0000001000 1000\nffffea0000001000 1000",
      "line 2 must be struct pages of pages from pfn 128 on",
    ],
    ["ffffea0000000000 fffffffff000", "must be struct pages of pages from pfn 0 on"],
    ["ffffe90000000000 1000", "must be struct pages of pages from pfn 0 on"],
  ])("is refused where it cannot be: %j", (text, message) => {
    expect(() => parse(text, BASE)).toThrow(message);
  });
});
