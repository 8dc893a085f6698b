import { describe, expect, test } from "vitest";

import type { CaptureFiles } from "../../../src/capture/capture-files.js";
import type { Capture } from "../../../src/capture/capture.js";
import { readCapture } from "../../../src/capture/read-capture.js";
import { Guest } from "../../../src/guest/guest.js";
import { openCapture } from "../../../src/node/index.js";
import { predict } from "../../../src/predict/predict.js";
import { coreModule } from "../../core-under-test.js";
import { webServerPath } from "../capture/sample-captures.js";

const core = coreModule();

async function webServer(): Promise<Capture> {
  const files: CaptureFiles = await openCapture(webServerPath);
  return readCapture(files);
}

/** The capture with the words of some pages changed. */
function withWords(capture: Capture, change: (word: bigint, pfn: number) => bigint): Capture {
  return {
    ...capture,
    async *pageFlags() {
      let pfn = 0;
      let rest = new Uint8Array(new ArrayBuffer(0));
      for await (const piece of capture.pageFlags()) {
        const bytes = new Uint8Array(rest.length + piece.length);
        bytes.set(rest);
        bytes.set(piece, rest.length);
        const whole = bytes.length - (bytes.length % 8);
        rest = bytes.slice(whole);
        const words = new BigUint64Array(bytes.slice(0, whole).buffer);
        for (const [at, word] of words.entries()) words[at] = change(word, pfn++);
        yield new Uint8Array(words.buffer);
      }
    },
  };
}

const NOT_OF_THIS_GUEST =
  /^kpageflags: node 0, zone .* must be about .* these are not the page flags of this guest$/;

describe("a capture that contradicts itself", () => {
  test("is none where page flags and counters agree", async () => {
    expect((await Guest.load(await webServer(), { core })).contradictions).toEqual([]);
  });

  test("has a zone with less free memory than its counters say", async () => {
    const capture = await webServer();
    const zones = capture.zones.map((zone) =>
      zone.kind === "Normal" ? { ...zone, free: zone.free + 60_000 } : zone,
    );
    const { contradictions } = await Guest.load({ ...capture, zones }, { core });
    expect(contradictions.join()).toMatch(
      /^the page flags show .* free in node 0, zone Normal, zoneinfo counts .*: the capture contradicts itself/,
    );
  });

  test.each([
    ["slab", { nr_slab_reclaimable: 90_000, nr_slab_unreclaimable: 5000 }],
    ["page tables", { nr_page_table_pages: 20_000 }],
    ["mapped anonymous memory", { nr_anon_pages: 25_000 }],
  ])("shows less %s than it counts", async (what, counters) => {
    const capture = await webServer();
    const vmstat = new Map([...capture.vmstat, ...Object.entries(counters)]);
    const { contradictions } = await Guest.load({ ...capture, vmstat }, { core });
    expect(contradictions.join()).toMatch(
      new RegExp(`^the page flags show .* of ${what}, vmstat counts .*: the capture contradicts`),
    );
  });

  const KPF_LRU = 1n << 5n;
  const KPF_SLAB = 1n << 7n;
  const KPF_BUDDY = 1n << 10n;

  test.each([
    [
      "no chunk of free pages whole",
      (word: bigint, pfn: number) => (pfn % 2048 === 0 && word === KPF_BUDDY ? KPF_SLAB : word),
      /^the page flags show .* free in chunks of at least 4 MiB, pagetypeinfo counts 2672 MiB/,
    ],
    [
      "free pages on LRU lists",
      (word: bigint, pfn: number) => (pfn >> 5 === 40_000 ? word | KPF_LRU | KPF_BUDDY : word),
      /^32 pages have flags that no page of Linux can have/,
    ],
    [
      "mapped pages elsewhere than its map counts",
      (word: bigint, pfn: number) => (pfn % 2 === 0 ? word & ~(1n << 11n) : word),
      /\d+ pages are mapped by programs according to kpageflags or to kpagecount, but not to both/m,
    ],
  ])(
    "has %s",
    async (_, change, words) => {
      const { contradictions } = await Guest.load(withWords(await webServer(), change), { core });
      expect(contradictions.join("\n")).toMatch(words);
    },
    120_000,
  );

  test("has kernel memory where the kernel has set nothing aside for it", async () => {
    const capture = await webServer();
    const pageTypes = capture.pageTypes?.map((types) => ({
      ...types,
      pageblocks: new Map([["Movable", 1000]]),
    }));
    const { contradictions } = await Guest.load({ ...capture, pageTypes }, { core });
    expect(contradictions).toEqual([
      expect.stringMatching(/^kernel memory lies in \d+ pageblocks by the page flags, .* set 0 /),
    ]);
  });

  test("has less plugged by its flags than the host asked for by its log", async () => {
    const capture = await webServer();
    const device = { ...capture.device, requestedSize: 4 * 2 ** 30 };
    const { contradictions } = await Guest.load({ ...capture, device }, { core });
    expect(contradictions.join()).toMatch(
      /^by its log the driver was asked for 4 GiB, the page flags show 3 GiB plugged/,
    );
  });

  test("gets a wider interval and a note", async () => {
    const capture = await webServer();
    const zones = capture.zones.map((zone) =>
      zone.kind === "Normal" ? { ...zone, managed: zone.managed - 40_000 } : zone,
    );
    const options = { core, samples: 12 };
    const sure = await predict(capture, options);
    const unsure = await predict({ ...capture, zones }, options);
    const width = ({ interval: [low, high] }: typeof sure): number => high - low;
    expect(width(unsure)).toBeGreaterThan(width(sure));
    expect(unsure.notes.join()).toContain("managed by Linux");
  }, 60_000);

  test.each([
    ["nothing but zeros", () => 0n, NOT_OF_THIS_GUEST],
    [
      "all bits",
      () => 0xffff_ffff_ffff_ffffn,
      /^kpageflags: pages .* must be pages, .* KPF_NOPAGE/,
    ],
    ["how often pages are mapped", (word: bigint) => word & 3n, NOT_OF_THIS_GUEST],
  ])(
    "has page flags of %s, and is refused",
    async (_, change, message) => {
      const capture = withWords(await webServer(), change);
      await expect(Guest.load(capture, { core })).rejects.toThrow(message);
    },
    120_000,
  );
});
