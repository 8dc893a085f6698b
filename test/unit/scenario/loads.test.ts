import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { readCapture } from "../../../src/capture/read-capture.js";
import { openCapture } from "../../../src/node/index.js";
import { scenarioOf } from "../../../src/scenario/parse.js";
import type { ScenarioResult } from "../../../src/scenario/result.js";
import { runScenario } from "../../../src/scenario/run.js";
import { coreModule } from "../../core-under-test.js";

const MiB = 2 ** 20;
const root = join(import.meta.dirname, "../../..");

const SMALL = {
  duration: "20s",
  guest: { bootMemory: "512MiB" },
  device: { regionSize: "512MiB" },
};

function run(more: object, options = {}): Promise<ScenarioResult> {
  const scenario = scenarioOf({ ...SMALL, ...more });
  return runScenario(scenario, { core: coreModule(), ...options }).result();
}

const heldAt = (result: ScenarioResult, ms: number, workload = 0): number =>
  result.samples.findLast(({ atMs }) => atMs <= ms)?.held[workload] ?? NaN;

describe("the page cache", () => {
  const reader = { kind: "page-cache", size: "100MiB", readRate: "50MiB", stop: "5s" };

  test("outlives its reader, clean, until memory is needed", async () => {
    const program = { kind: "anonymous", size: "380MiB", start: "10s" };
    const workloads = [{ ...reader, dirtyShare: 0.3 }, program];
    const result = await run({ workloads });
    expect(heldAt(result, 9000)).toBe(100 * MiB);
    expect(heldAt(result, 19_000)).toBeLessThan(60 * MiB);
    expect(heldAt(result, 19_000, 1)).toBeGreaterThan(380 * MiB);
    expect(result.summary.oomKills).toBe(0);
  });

  test("goes with its reader where the scenario says so", async () => {
    const result = await run({ workloads: [{ ...reader, dirtyShare: 0.3, dropCache: true }] });
    expect(heldAt(result, 4900)).toBe(100 * MiB);
    expect(heldAt(result, 5100)).toBe(0);
    expect(result.events.map(({ type }) => type)).toContain("drop-caches");
  });

  test("goes when somebody writes to drop_caches", async () => {
    const build = { kind: "compile", jobs: 1, size: "8MiB", life: "1s", cachePerJob: "10MiB" };
    const faults = [{ kind: "drop-caches", at: "15s" }];
    const workloads = [reader, { ...build, stop: "10s" }];
    const result = await run({ workloads, faults });
    expect(heldAt(result, 14_900)).toBe(100 * MiB);
    expect(heldAt(result, 14_900, 1)).toBeGreaterThan(10 * MiB);
    expect([heldAt(result, 15_100), heldAt(result, 15_100, 1)]).toEqual([0, 0]);
  });
});

test("a peak between two samples is a peak", async () => {
  const burst = { kind: "network", burst: "64MiB", every: "2s", hold: "10ms" };
  const { samples, workloads } = await run({ workloads: [burst], record: { every: "20s" } });
  expect(Math.max(...samples.map(({ held }) => held[0] ?? 0))).toBe(0);
  expect(workloads[0]?.peakSize).toBeGreaterThan(32 * MiB - 1);
});

describe("what the seed draws", () => {
  const workloads = [
    { kind: "anonymous", size: "100MiB", spread: 0.5, delay: "5s" },
    { kind: "anonymous", size: "50MiB" },
  ];

  test("sizes and starts differ from seed to seed, and not for one seed", async () => {
    const results = await Promise.all([1, 2, 3, 3].map((seed) => run({ workloads }, { seed })));
    const peaks = results.map((result) => result.workloads[0]?.peakSize ?? 0);
    const starts = results.map(
      ({ events }) =>
        events.find((event) => event.type === "workload-start" && event.workload !== "anonymous 2")
          ?.atMs,
    );
    expect(new Set(peaks).size).toBe(3);
    expect(new Set(starts).size).toBe(3);
    expect(peaks[3]).toBe(peaks[2]);
    expect(Math.min(...peaks)).toBeGreaterThan(49 * MiB);
    expect(Math.max(...peaks)).toBeLessThan(152 * MiB);
    expect(new Set(results.map((result) => result.workloads[1]?.peakSize)).size).toBe(1);
  });

  test("a delay beyond the end, and a spread of nothing, are refused", () => {
    const refused = (workload: object): (() => void) => {
      return () => scenarioOf({ ...SMALL, workloads: [workload] });
    };
    expect(refused({ kind: "anonymous", size: 4096, delay: "20s" })).toThrow(
      "workloads[0].delay: must let it start before 20 s, got a start at 20 s",
    );
    expect(refused({ kind: "frag", spread: 0.1 })).toThrow(
      "workloads[0].spread: must not be given for frag, which has nothing that it varies",
    );
  });
});

describe("nodes", () => {
  const guest = {
    bootRanges: [
      { start: 0, size: "256MiB", node: 0 },
      { start: "4GiB", size: "256MiB", node: 1 },
    ],
  };

  test("a workload takes memory of its node first", async () => {
    let free: number[] = [];
    const scenario = scenarioOf({
      ...SMALL,
      guest,
      workloads: [{ kind: "anonymous", size: "100MiB", node: 1 }],
    });
    let count = (): number[] => [];
    await runScenario(scenario, {
      core: coreModule(),
      watch: ({ zones, pages }) => {
        count = () =>
          [0, 1].map((node) =>
            zones
              .all()
              .filter((zone) => zone.node === node)
              .reduce((sum, { id }) => sum + pages.freePages(id), 0),
          );
        free = count();
      },
    }).result();
    const taken = count().map((now, node) => (free[node] ?? 0) - now);
    expect(taken[1]).toBeGreaterThanOrEqual(100 * 256);
    expect(taken[0]).toBeLessThan(100 * 256);
  });

  test("a node that the guest has not is refused", () => {
    const workloads = [{ kind: "anonymous", size: 4096, node: 2 }];
    expect(() => scenarioOf({ ...SMALL, guest, workloads })).toThrow(
      "workloads[0].node: must be a node of the guest (0, 1), got 2",
    );
  });
});

describe("a scenario that starts from a capture", () => {
  const capture = async () =>
    readCapture(await openCapture(join(root, "examples/captures/web-server.tar.gz")));
  const value = {
    duration: "1min",
    start: "web-server.tar.gz",
    host: [{ at: "5s", requestedSize: 0 }],
    workloads: [{ kind: "anonymous", size: "64MiB", start: "1s" }],
  };

  test("goes on with its guest", async () => {
    const scenario = scenarioOf(value, "scenario", await capture());
    const result = await runScenario(scenario, { core: coreModule() }).result();
    const [first] = result.samples;
    expect(first?.pluggedSize).toBe(first?.requestedSize);
    expect(first?.pluggedSize).toBeGreaterThan(0);
    expect(result.summary.pluggedSize).toBeLessThan(first?.pluggedSize ?? 0);
    expect(result.workloads[0]?.heldSize).toBeGreaterThan(64 * MiB - 1);
  });

  test("needs the capture, and says nothing of the guest itself", async () => {
    expect(() => scenarioOf(value)).toThrow("start: must be read by the caller");
    const from = await capture();
    expect(() => scenarioOf({ ...value, guest: {} }, "scenario", from)).toThrow(
      "guest: must not stand beside start, whose guest it is",
    );
  });
});
