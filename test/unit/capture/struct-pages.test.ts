import { describe, expect, test } from "vitest";

import { readCapture } from "../../../src/capture/read-capture.js";
import { Guest } from "../../../src/guest/guest.js";
import { coreModule } from "../../core-under-test.js";
import { gzipped, webServer, type Change } from "./sample-captures.js";
import { btfOf, PAGE_TYPES } from "./sample-types.js";

const NOTE = `OSRELEASE=6.1.0
SIZE(page)=64
OFFSET(page.flags)=0
OFFSET(page._refcount)=52
OFFSET(page._mapcount)=48
OFFSET(page.mapping)=24
NUMBER(PG_lru)=4
NUMBER(PG_head_mask)=65536
SYMBOL(vmemmap)=ffffea0000000000
`;
/** Struct pages of the first 8 GiB of addresses. */
const RUNS = "ffffea0000000000 0000000008000000\n";
const BYTES = 0x800_0000;
const unused = gzipped(new Uint8Array(BYTES));

/** The capture of a web server with struct pages of which none is in use. */
async function exactly(changes: Readonly<Record<string, Change>> = {}) {
  return readCapture(
    await webServer({
      "vmcoreinfo.txt": NOTE,
      "struct-pages.txt": RUNS,
      "struct-pages.gz": await unused,
      "btf.gz": await gzipped(btfOf(PAGE_TYPES)),
      ...changes,
    }),
  );
}

const added = "must be in the capture, got no such file";

describe("struct pages of a capture", () => {
  test("are there with their layout, and said to be", async () => {
    const { structPages, notes } = await exactly();
    expect(structPages?.runs).toEqual([{ startPfn: 0, nrPages: BYTES / 64 }]);
    expect(structPages?.layout).toMatchObject({ size: 64, refCount: 52, wholeMapCount: 84 });
    expect(notes.join("\n")).toContain("exact capture");
  });

  test.each<[string, Change, string]>([
    ["vmcoreinfo.txt", undefined, `vmcoreinfo.txt ${added}`],
    ["vmcoreinfo.txt", NOTE.replace("=64", "=0"), 'SIZE(page) must be a number from 1 up, got "0"'],
    [
      "vmcoreinfo.txt",
      NOTE.replace("=52", "=64"),
      "OFFSET(page._refcount) must be a multiple of 4",
    ],
    ["vmcoreinfo.txt", `${NOTE}SIZE(page)=128\n`, "SIZE(page) must have one value"],
    ["struct-pages.txt", undefined, `struct-pages.txt ${added}`],
    ["struct-pages.txt", RUNS + RUNS, "line 2 must be struct pages of pages from pfn 2097152 on"],
  ])("are left out with a note where %s is wrong (%#)", async (file, change, message) => {
    const { structPages, notes } = await exactly({ [file]: change });
    expect(structPages).toBeUndefined();
    expect(notes.join("\n")).toContain("this is no exact capture");
    expect(notes.join("\n")).toContain(message);
  });

  test.each<[Change, string]>([
    [undefined, "the kernel's types (BTF) are not there"],
    [new Uint8Array(64), "huge pages and large folios count by flags: btf.gz: header must begin"],
    [btfOf(PAGE_TYPES).slice(0, 70), "huge pages and large folios count by flags: btf.gz: length"],
  ])("do without the types of the kernel (%#)", async (change, message) => {
    const { structPages, notes } = await exactly({ "btf.gz": change });
    expect(structPages?.layout.wholeMapCount).toBeUndefined();
    expect(notes.join("\n")).toContain(message);
  });

  test("that end early are an error", async () => {
    const capture = await exactly({ "struct-pages.gz": await gzipped(new Uint8Array(4096)) });
    await expect(Guest.fromCapture(capture, { core: coreModule() })).rejects.toThrow(
      "struct-pages.gz: length must reach",
    );
  });

  test("that are none of this guest are an error", async () => {
    await expect(Guest.fromCapture(await exactly(), { core: coreModule() })).rejects.toThrow(
      /struct-pages.gz must be of the same moment as kpageflags, got \d+ of \d+ pages/,
    );
  });
});
