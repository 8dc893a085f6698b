import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { PRESETS } from "../../../src/scenario/preset/presets.js";
import type { PresetPart } from "../../../src/scenario/preset/preset.js";
import { scenarioOf } from "../../../src/scenario/parse.js";
import { runScenario } from "../../../src/scenario/run.js";
import { GiB, MiB } from "../../../src/units.js";
import { coreModule } from "../../core-under-test.js";
import { presetTable } from "./preset-table.js";

const NAMES = Object.keys(PRESETS) as (keyof typeof PRESETS)[];

function scenario(workloads: readonly object[], more: object = {}): Parameters<typeof scenarioOf> {
  const guest = { bootMemory: "4GiB", cachedCpus: 2 };
  return [{ duration: "40s", guest, device: { regionSize: "4GiB" }, workloads, ...more }];
}

describe.each(NAMES)("%s", (kind) => {
  test("is the workloads that it lists, sized as the whole", () => {
    for (const size of [64 * MiB, 2 * GiB, 8 * GiB - 4096]) {
      const { workloads } = scenarioOf(...scenario([{ kind, size }]));
      const parts: readonly PresetPart[] = PRESETS[kind].parts(size);
      expect(workloads.map((workload) => workload.kind)).toEqual(parts.map((part) => part.kind));
      expect(workloads.map(({ name }) => name)).toEqual(
        parts.map(({ name }) => `${kind} 1: ${name}`),
      );
      for (const workload of workloads) {
        if (!("size" in workload)) continue;
        expect(workload.size).toBeLessThanOrEqual(size);
        expect(workload.size % 4096).toBe(0);
      }
    }
  });

  test("all of it starts, stops and is restarted when the file says", () => {
    const life = { start: "5s", stop: "30s", restartAfter: "2s" };
    const { workloads } = scenarioOf(...scenario([{ kind, size: "1GiB", name: "it", ...life }]));
    for (const { name, startMs, stopMs, restartAfterMs } of workloads) {
      expect(name).toMatch(/^it: ./);
      expect({ startMs, stopMs, restartAfterMs }).toEqual({
        startMs: 5000,
        stopMs: 30_000,
        restartAfterMs: 2000,
      });
    }
  });

  test("runs in a guest of its size, and nobody is killed", async () => {
    const file = scenarioOf(...scenario([{ kind, size: "4GiB" }]));
    const { workloads, summary } = await runScenario(file, { core: coreModule() }).result();
    expect(summary.oomKills).toBe(0);
    expect(workloads.filter(({ heldSize }) => heldSize > 0).length).toBeGreaterThan(1);
  });
});

test("a fault names a part, and other workloads keep their places", () => {
  const workloads = [
    { kind: "kernel", size: "16MiB" },
    { kind: "postgres", name: "db", size: "1GiB" },
  ];
  const faults = [{ kind: "pins", at: "1s", workload: "db: tables", size: "1MiB" }];
  const { faults: resolved } = scenarioOf(...scenario(workloads, { faults }));
  expect(resolved[0]).toMatchObject({ workload: 3 });
});

test.each([
  [[{ kind: "postgress", size: "1GiB" }], 'workloads[0].kind: must be one of .* (did you mean "'],
  [[{ kind: "postgres" }], "workloads[0]: must have the key size"],
  [[{ kind: "jvm", size: "1MiB" }], "workloads[0].size: must be at least 64 MiB, got 1 MiB"],
  [[{ kind: "jvm", size: "9GiB" }], "workloads[0].size: must be at most what the guest can have"],
  [[{ kind: "jvm", size: "1GiB", churnRate: 1 }], 'workloads[0]: has no key "churnRate"'],
  [
    [
      { kind: "redis", size: "1GiB", name: "a" },
      { kind: "redis", size: "1GiB", name: "a" },
    ],
    "workloads[1].name: must differ",
  ],
  [
    Array.from({ length: 14 }, () => ({ kind: "kubelet", size: "64MiB" })),
    "workloads: must be at most 64, with all that presets stand for, got 70",
  ],
])("what cannot be is refused in words: %#", (workloads, words) => {
  const [start = "", end = start] = words.split(".*");
  expect(() => scenarioOf(...scenario(workloads))).toThrow(start);
  expect(() => scenarioOf(...scenario(workloads))).toThrow(end);
});

test("docs/scenarios.md has the figures of each preset", () => {
  const text = readFileSync(join(import.meta.dirname, "../../../docs/scenarios.md"), "utf8");
  expect(text).toContain(presetTable());
});
