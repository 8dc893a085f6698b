import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { deviceRules, firecrackerMatrix } from "../../scripts/reports/published/devices.js";
import { PUBLISHED as FRAG } from "../../scripts/reports/published/frag.js";
import {
  fit,
  inflateSection,
  PUBLISHED as INFLATE,
} from "../../scripts/reports/published/inflate.js";
import { memoryRules } from "../../scripts/reports/published/memory-rules.js";
import { markdown } from "../../scripts/reports/published/row.js";
import { HYPERALLOC_CALIBRATION } from "../../src/linux/calibration.js";
import { scenarioOf } from "../../src/scenario/parse.js";
import { runScenario } from "../../src/scenario/run.js";
import { coreModule } from "../core-under-test.js";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/published.md"), "utf8");
const published = join(root, "../shared/published");

describe.each([
  ["zones and memmap", memoryRules],
  ["block sizes and usable regions", () => Promise.resolve(deviceRules())],
  ["Firecracker's matrix", firecrackerMatrix],
  ["HyperAlloc's inflate", inflateSection],
])("%s", (_name, run) => {
  test("comes out as published, and as the page says", async () => {
    const section = await run();
    expect(section.rows.filter(({ isMet }) => !isMet)).toEqual([]);
    expect(page).toContain(markdown(section));
  }, 120_000);
});

test("the calibration is what the fit gives", async () => {
  expect(HYPERALLOC_CALIBRATION).toMatchObject(await fit());
}, 60_000);

describe.runIf(existsSync(published))("the figures beside which ours stand", () => {
  function table(name: string): number[][] {
    const lines = readFileSync(join(published, name), "utf8").trim().split("\n").slice(1);
    return lines.map((line) => line.split(",").map(Number));
  }

  test("are those of llfree-bench", () => {
    const rows = table("llfree-frag-bu.csv");
    for (const { round, freePages, freeHugePages } of FRAG) {
      expect(rows[round]?.slice(4)).toEqual([freePages, freeHugePages]);
    }
  });

  test.each([
    ["untouched", "nofault-virtio-mem-movable"],
    ["untouchedVfio", "nofault-virtio-mem-movable-vfio"],
    ["touched", "virtio-mem-movable"],
    ["touchedVfio", "virtio-mem-movable-vfio"],
  ] as const)("are the means of hyperalloc-bench: %s", (key, name) => {
    const rows = table(`hyperalloc-inflate-${name}.csv`).slice(1);
    const mean = (column: number): number =>
      rows.reduce((sum, row) => sum + (row[column] ?? NaN), 0) / rows.length / 1e6;
    expect(INFLATE[key].shrink).toBeCloseTo(mean(0), 1);
    expect(INFLATE[key].grow).toBeCloseTo(mean(1), 1);
  });
});

test("frag keeps what it holds, and scatters it less from round to round", async () => {
  const { events, summary } = await runScenario(
    scenarioOf({
      duration: "5s",
      guest: {
        bootRanges: [
          { start: 0, size: "1GiB" },
          { start: "4GiB", size: "2GiB" },
        ],
      },
      device: { regionSize: "128MiB" },
      workloads: [{ kind: "frag", rounds: 100, threads: 4 }],
    }),
    { core: coreModule() },
  ).result();
  const rounds = events.flatMap((event) => (event.type === "frag-round" ? [event] : []));
  expect(rounds.map(({ round }) => round)).toEqual(Array.from({ length: 100 }, (_, at) => at));
  expect(new Set(rounds.map(({ freePages }) => freePages)).size).toBe(1);
  expect(rounds.at(-1)?.moves).toBeLessThan((rounds[0]?.moves ?? 0) * 0.99);
  expect(summary.failedAllocations).toBe(0);
}, 60_000);
