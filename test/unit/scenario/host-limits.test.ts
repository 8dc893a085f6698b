import { describe, expect, test } from "vitest";

import { scenarioOf } from "../../../src/scenario/parse.js";
import type { ScenarioResult } from "../../../src/scenario/result.js";
import { runScenario } from "../../../src/scenario/run.js";
import { GiB, MiB } from "../../../src/units.js";
import { coreModule } from "../../core-under-test.js";

const DEVICE = { device: { regionSize: "2GiB", blockSize: "128MiB" } };

async function run(more: object, options: { seed?: number } = {}): Promise<ScenarioResult> {
  const scenario = scenarioOf({
    duration: "2min",
    guest: { bootMemory: "1GiB", online: "online_movable" },
    ...("devices" in more ? {} : DEVICE),
    host: [{ at: "1s", requestedSize: "2GiB" }],
    ...more,
  });
  const core = coreModule();
  return runScenario(scenario, { core, ...options }).result();
}

describe("a host with less than its devices can have", () => {
  test("plugs what it has, and no more", async () => {
    const { summary } = await run({ hostMemory: "768MiB" });
    expect(summary.pluggedSize).toBe(768 * MiB);
    expect(summary.peakPluggedSize).toBe(768 * MiB);
  });

  test("has for one device what another gives back", async () => {
    const { samples } = await run({
      hostMemory: "1GiB",
      devices: [
        { name: "a", regionSize: "1GiB", requestedSize: "1GiB" },
        { name: "b", regionSize: "1GiB" },
      ],
      host: [
        { at: "5s", requestedSize: "512MiB", device: "b" },
        { at: "15s", requestedSize: "512MiB", device: "a" },
      ],
    });
    const plugged = (atMs: number): readonly number[] =>
      samples.findLast((sample) => sample.atMs <= atMs)?.devices.map((one) => one.pluggedSize) ??
      [];
    expect(plugged(14_000)).toEqual([GiB, 0]);
    expect(plugged(120_000)).toEqual([512 * MiB, 512 * MiB]);
  });

  test("must be told as a size", () => {
    expect(() => scenarioOf({ duration: "1s", hostMemory: "much" })).toThrow("hostMemory");
    expect(() => scenarioOf({ duration: "1s", hostmemory: 1 })).toThrow(
      'did you mean "hostMemory"',
    );
  });
});

describe("plug-fails", () => {
  test("keeps all from being plugged while it lasts", async () => {
    const faults = [{ kind: "plug-fails", at: 0, until: "20s" }];
    const { samples, summary } = await run({ faults });
    expect(samples.filter(({ atMs }) => atMs < 20_000).every((one) => one.pluggedSize === 0)).toBe(
      true,
    );
    expect(summary.pluggedSize).toBe(2 * GiB);
  });

  test("fails a share of the requests by chance, which the seed decides", async () => {
    const faults = [{ kind: "plug-fails", at: 0, share: 0.2 }];
    const sizes = new Set<number>();
    for (const seed of [1, 2, 3, 1]) {
      const { samples } = await run({ faults, duration: "10s" }, { seed });
      sizes.add(samples.at(-1)?.pluggedSize ?? NaN);
    }
    expect(sizes.size).toBeGreaterThan(1);
    expect(sizes.size).toBeLessThan(4);
  });

  test("is over for one fault while another goes on", async () => {
    const faults = [
      { kind: "plug-fails", at: 0, until: "10s", share: 1 },
      { kind: "plug-fails", at: 0, until: "100s", share: 0 },
    ];
    const { samples } = await run({ faults });
    expect(samples.find(({ atMs }) => atMs > 80_000)?.pluggedSize).toBe(2 * GiB);
  });
});
