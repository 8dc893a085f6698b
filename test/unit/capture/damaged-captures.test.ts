import { gzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { openArchive } from "../../../src/capture/archive.js";
import { CaptureError } from "../../../src/capture/capture-error.js";
import { readCapture } from "../../../src/capture/read-capture.js";
import { predict } from "../../../src/predict/predict.js";
import { packTar } from "modern-tar";
import { AlteredCapture } from "./altered-capture.js";

async function outcome(altered: AlteredCapture): Promise<unknown> {
  try {
    return await predict(await readCapture(altered.asFiles()));
  } catch (error) {
    return error;
  }
}

async function messageOf(altered: AlteredCapture): Promise<string> {
  const error = await outcome(altered);
  expect(error).toBeInstanceOf(CaptureError);
  return (error as CaptureError).message;
}

/** Bit flips all over compressed data, its trailer included. */
function flipped(bytes: Uint8Array, share: number): Uint8Array {
  const damaged = Uint8Array.from(bytes);
  const at = Math.min(bytes.length - 1, Math.floor(12 + share * (bytes.length - 12)));
  damaged[at] = (damaged[at] ?? 0) ^ 4;
  return damaged;
}

describe("compressed page data", () => {
  test.each(["kpageflags.gz", "kpagecount.gz"])(
    "is not believed where its checksum differs: %s",
    async (name) => {
      for (const share of [0.1, 0.5, 0.9, 0.9999, 1]) {
        const altered = await AlteredCapture.open();
        if (!altered.files.has(name)) altered.files.set(name, altered.bytes("kpageflags.gz"));
        altered.files.set(name, flipped(altered.bytes(name), share));
        expect(await messageOf(altered), `flip at ${share}`).toContain(name);
      }
    },
  );

  test("is not believed where its end is cut off", async () => {
    for (const cut of [1, 4, 8, 9]) {
      const altered = await AlteredCapture.open();
      altered.files.set("kpageflags.gz", altered.bytes("kpageflags.gz").slice(0, -cut));
      expect(await messageOf(altered)).toContain("kpageflags.gz must be a complete gzip file");
    }
  });

  test("may have several members, and padding of zeros", async () => {
    const altered = await AlteredCapture.open();
    const usual = await outcome(await AlteredCapture.open());
    const words = altered.words();
    const half = words.length >> 1;
    const parts = [words.slice(0, half), words.slice(half)].map((part) =>
      gzipSync(new Uint8Array(part.buffer)),
    );
    altered.files.set(
      "kpageflags.gz",
      new Uint8Array(Buffer.concat([...parts, Buffer.alloc(512)])),
    );
    expect(await outcome(altered)).toEqual(usual);
  });

  test("that goes on far above the guest's memory is not read on", async () => {
    const altered = await AlteredCapture.open();
    const endless = {
      ...altered.asFiles(),
      async *open(name: string) {
        if (name !== "kpageflags") {
          yield* altered.asFiles().open(name);
          return;
        }
        const zeros = new Uint8Array(2 ** 20);
        for (;;) yield zeros;
      },
      names: () =>
        [...altered.files.keys()].map((name) => name.replace("kpageflags.gz", "kpageflags")),
    };
    await expect(readCapture(endless).then((capture) => predict(capture))).rejects.toThrow(
      /must (end soon after page|be pages)/,
    );
  });
});

describe("an archive", () => {
  test("that changes between two reads is refused", async () => {
    // larger than what is kept of a member, so that it is read again
    const big = new Uint8Array(2 ** 24 + 512);
    const tarWith = (name: string): Promise<Uint8Array> =>
      packTar([{ header: { name, size: big.length, type: "file" }, body: big }]);
    const [first, second] = await Promise.all([tarWith("a"), tarWith("c")]);
    let reads = 0;
    const archive = await openArchive("x.tar", async function* read() {
      await Promise.resolve();
      // to see whether it is compressed, to learn the names, then to read a member
      yield reads++ < 2 ? first : second;
    });
    const whole = async (): Promise<void> => {
      for await (const piece of archive.open("a")) expect(piece).toBeDefined();
    };
    await expect(whole()).rejects.toThrow("got an archive that has changed");
  });
});

describe("numbers that contradict each other", () => {
  test.each([
    [
      /(zone\s+Normal[^]*?high\s+)\d+/,
      "$199999999999",
      "high of node 0, zone Normal must be at most",
    ],
    [/(zone\s+Normal[^]*?low\s+)\d+/, "$11", "min of node 0, zone Normal must be at most low (1)"],
  ])("%s -> %s: %s", async (from, to, words) => {
    const altered = await AlteredCapture.open();
    expect(await messageOf(altered.replace("zoneinfo.txt", from, to))).toContain(words);
  });
});

describe("page flags", () => {
  test("without pages in an online memory block are refused", async () => {
    const altered = await AlteredCapture.open();
    const words = altered.words();
    const start = 40 * 32768 + 512;
    words.fill(1n << 20n, start, start + 512);
    expect(await messageOf(altered.setWords(words))).toContain(`pages ${start} to ${start + 511}`);
  });
});

describe("long lines are read in linear time", () => {
  test.each([
    ["iomem.txt", "-".repeat(1_000_000)],
    ["iomem.txt", `${"a-".repeat(500_000)} :`],
    ["zoneinfo.txt", `Node 0, zone Normal\n pages free 1\n protection: ${"(".repeat(1_000_000)}`],
    ["zoneinfo.txt", `Node 0, zone${" ".repeat(1_000_000)}`],
    ["pagetypeinfo.txt", `Node 0, zone ${"x ".repeat(500_000)}`],
    ["memory-blocks.txt", `memory0 phys_index=${"s".repeat(1_000_000)}`],
    ["dmesg-virtio_mem.txt", "virtio_mem virtio0: a: ".repeat(50_000)],
    ["cmdline.txt", "a=".repeat(500_000)],
    ["uname.txt", `Linux ${"a".repeat(1_000_000)}`],
    ["meminfo.txt", `MemTotal:${" ".repeat(1_000_000)}x`],
    ["module-parameters.txt", `/sys/module/${"a".repeat(1_000_000)}`],
  ])("%s", async (name, line) => {
    const altered = (await AlteredCapture.open()).setText(name, line);
    const started = performance.now();
    const error = await readCapture(altered.asFiles()).catch((found: unknown) => found);
    expect(performance.now() - started).toBeLessThan(3000);
    if (error instanceof Error) {
      expect(error).toBeInstanceOf(CaptureError);
      expect(error.message.length).toBeLessThan(1100);
    }
  });
});
