import { describe, expect, test } from "vitest";
import type { Prediction } from "../../../src/predict/prediction.js";
import { predictionSvg } from "../../../src/report/prediction-svg.js";
import {
  compileServer,
  drawnPrediction,
  failedGrowth,
  GiB,
  idleGuest,
  largeGuest,
  MiB,
  pinnedGuest,
  TiB,
  tooFullGuest,
} from "./sample-prediction.js";
import { xmlFault } from "./well-formed-xml.js";

const SAMPLES: [string, Prediction][] = [
  ["a compile server", compileServer()],
  ["an idle guest", idleGuest()],
  ["a guest with pins", pinnedGuest()],
  ["a guest that is too full", tooFullGuest()],
  ["a growth that fails", failedGrowth()],
  ["64 GiB", largeGuest(64 * GiB, 64 * GiB)],
  ["1 TiB", largeGuest(TiB, TiB)],
  ["nothing plugged", drawnPrediction([], { deviceBlockSize: 2 * MiB })],
  ["big blocks", drawnPrediction([".", "#", "k", "s"], { deviceBlockSize: 256 * MiB })],
  ["a region off the grid", drawnPrediction(["s."], { regionStart: 4 * GiB + 64 * MiB })],
];

function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]+)<\/text>/g)].map(([, words = ""]) => words);
}

describe("predictionSvg", () => {
  test.each(SAMPLES)("of %s is well-formed, whole and without scripts", (_, prediction) => {
    const svg = predictionSvg(prediction);
    expect(xmlFault(svg)).toBeUndefined();
    expect(svg).not.toMatch(/NaN|undefined|null|Infinity|<script|href|="-\d/);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
  });

  test("says the answer, the address of every memory block and what is left in it", () => {
    expect(texts(predictionSvg(compileServer()))).toEqual([
      "634 MiB of 768 MiB are unplugged; 134 MiB stay plugged.",
      "768 MiB plugged  \u2192  0 B requested  \u2192  134 MiB predicted (90 % interval: 96 MiB to 150 MiB)",
      "requested: 0 B",
      "90 % interval",
      "b",
      "s",
      "k",
      "m",
      "The device's memory, lowest address first",
      "A line is a memory block of 128 MiB, a cell is a subblock of 2 MiB. Right: what of it is plugged afterwards.",
      "+0",
      "+32 MiB",
      "+64 MiB",
      "+96 MiB",
      "+128 MiB",
      "0x100000000",
      "0x108000000",
      "0x110000000",
      "0x118000000",
      "0x120000000",
      "0x128000000",
      "18 MiB",
      "18 MiB",
      "60 MiB",
      "38 MiB",
      "0x130000000",
      "26 more memory blocks (3.25 GiB), not plugged",
      "behaviour of v6.1 \u00b7 191 requests to the device \u00b7 4.1 s virtual time \u00b7 188.3 MiB moved \u00b7 46.89 MiB of file cache dropped",
    ]);
  });

  test("the legend adds up to the region", () => {
    const svg = predictionSvg(compileServer());
    const legend = [...svg.matchAll(/600">([^<]+)<\/tspan> ([^<]+)</g)].map(
      ([, size = "", label = ""]) => `${size} ${label}`,
    );
    expect(legend).toEqual([
      "80 MiB stay: file system metadata",
      "40 MiB stay: kernel objects (slab)",
      "8 MiB stay: other kernel memory",
      "6 MiB stay: memmap (struct pages)",
      "634 MiB unplugged",
      "3.25 GiB not plugged",
    ]);
  });

  test("every memory block has a tooltip with its range, state and contents", () => {
    const svg = predictionSvg(compileServer());
    const titles = [...svg.matchAll(/<title>([^<]*)<\/title>/g)].map(([, words = ""]) => words);
    expect(titles).toHaveLength(7);
    expect(titles[1]).toBe(
      "memory block 32\n0x100000000 to 0x107ffffff\nkernel-partial, zone Normal\n" +
        "110 MiB unplugged\n14 MiB stay: kernel objects (slab)\n" +
        "2 MiB stay: file system metadata\n2 MiB stay: memmap (struct pages)",
    );
  });

  test("names from outside are escaped", () => {
    const svg = predictionSvg(idleGuest({ profile: `<b>&"\u0007` }));
    expect(svg).toContain("behaviour of &lt;b&gt;&amp;&quot;\\u0007 \u00b7");
    expect(xmlFault(svg)).toBeUndefined();
  });

  test("each subblock that stays is drawn at its place", () => {
    const svg = predictionSvg(idleGuest());
    const places = [...svg.matchAll(/<rect x="(\d+)" y="20"[^>]* fill="#e69f00"/g)];
    expect(places.map(([, x]) => Number(x))).toEqual([112 + 2 * 12, 112 + 18 * 12]);
  });

  test.each([
    ["a device of 16 TiB, all of it plugged", largeGuest(16 * TiB, 16 * TiB)],
    ["a device of 16 TiB with a little plugged", largeGuest(16 * TiB, 64 * GiB)],
    ["128 GiB where no two subblocks are alike", motley(128 * GiB)],
  ])("%s makes less than 2 MB, and soon", { timeout: 30_000 }, (_, prediction) => {
    const start = performance.now();
    const svg = predictionSvg(prediction);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(svg.length).toBeLessThan(2_000_000);
    expect(xmlFault(svg)).toBeUndefined();
  });
});

function motley(size: number): Prediction {
  const row = "s.bpkm#ft-x+".repeat(6).slice(0, 64);
  return drawnPrediction(Array<string>(size / (128 * MiB)).fill(row), { regionSize: size });
}
