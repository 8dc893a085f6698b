import { describe, expect, test } from "vitest";

import { scenarioOf } from "../../../src/scenario/parse.js";
import type { ScenarioResult } from "../../../src/scenario/result.js";
import type { Progress } from "../../../src/progress.js";
import { runScenario, type RunScenarioOptions } from "../../../src/scenario/run.js";
import { coreModule } from "../../core-under-test.js";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const PEAK = {
  duration: "2min",
  guest: { bootMemory: "1GiB", online: "online_movable" },
  device: { regionSize: "4GiB" },
  host: [
    { at: "5s", requestedSize: "3GiB" },
    { at: "60s", requestedSize: "1GiB" },
  ],
  workloads: [
    {
      kind: "anonymous",
      name: "peak",
      size: "3GiB",
      start: "10s",
      stop: "50s",
      thpShare: 0.5,
      churnRate: "200MiB",
    },
    { kind: "anonymous", name: "base", size: "256MiB", churnRate: "10MiB" },
  ],
};

function run(value: unknown, options: RunScenarioOptions = {}): Promise<ScenarioResult> {
  return runScenario(scenarioOf(value), { core: coreModule(), ...options }).result();
}

describe("runScenario", () => {
  test("lets the host's orders and the workloads happen in time", async () => {
    const { summary, samples, workloads, events } = await run(PEAK);
    expect(summary.pluggedSize).toBe(GiB);
    expect(summary.peakPluggedSize).toBe(3 * GiB);
    expect(summary.orders.map(({ reachedAfterMs }) => reachedAfterMs === null)).toEqual([
      false,
      false,
    ]);
    expect(workloads.map(({ state, heldSize }) => [state, heldSize])).toEqual([
      ["stopped", 0],
      // with the page tables for it
      ["running", 256.5 * MiB],
    ]);
    const busy = samples.find(({ atMs }) => atMs > 30_000);
    expect(busy?.held[0]).toBeGreaterThan(3 * GiB);
    expect(busy?.held[1]).toBe(256.5 * MiB);
    expect(events.map(({ atMs }) => atMs)).toEqual(
      events.map(({ atMs }) => atMs).sort((a, b) => a - b),
    );
  });

  test("gives the same result for the same seed, and another for another", async () => {
    const [one, same, other] = [await run(PEAK), await run(PEAK), await run(PEAK, { seed: 2 })];
    expect(same).toEqual(one);
    expect(other.seed).toBe(2);
    expect(other.samples).not.toEqual(one.samples);
  });

  test("moves the pages of a workload, which frees them where they are then", async () => {
    const squeezed = {
      ...PEAK,
      workloads: [
        { kind: "anonymous", name: "heap", size: "1.5GiB", stop: "110s", churnRate: "100MiB" },
      ],
      host: [
        { at: "0s", requestedSize: "4GiB" },
        { at: "30s", requestedSize: "1GiB" },
      ],
    };
    const { summary, samples } = await run(squeezed);
    expect(summary.migratedPages).toBeGreaterThan(1000);
    expect(samples.at(-1)?.held).toEqual([0]);
    // nothing is left but what the kernel had from the start, and the memmap of what is plugged
    expect(summary.usedSize).toBe((16 + 64) * MiB + GiB / 64);
  });

  test("kills the largest program where memory is out", async () => {
    const { events, workloads } = await run({
      duration: "20s",
      guest: { bootMemory: "1GiB" },
      workloads: [
        { kind: "anonymous", name: "large", size: "700MiB" },
        { kind: "anonymous", name: "small", size: "500MiB", start: "5s" },
      ],
    });
    expect(events.filter(({ type }) => type === "oom-kill")).toMatchObject([
      { victim: "large", requester: "small" },
    ]);
    expect(workloads.map(({ state }) => state)).toEqual(["killed", "running"]);
  });

  test("kills one function of many, and the others go on", async () => {
    const { events, workloads, summary } = await run({
      duration: "30s",
      guest: { bootMemory: "1GiB" },
      workloads: [
        { kind: "functions", name: "functions", size: "128MiB", every: "200ms", life: "20s" },
      ],
    });
    expect(summary.oomKills).toBeGreaterThan(3);
    expect(summary.panicked).toBe(false);
    expect(workloads).toMatchObject([{ state: "running", kills: summary.oomKills }]);
    expect(workloads[0]?.heldSize).toBeGreaterThan(256 * MiB);
    for (const event of events) {
      if (event.type === "oom-kill") expect(event.size).toBeLessThanOrEqual(129 * MiB);
    }
  });

  test("restarts a killed program where it says so", async () => {
    const { events } = await run({
      duration: "60s",
      guest: { bootMemory: "1GiB" },
      workloads: [
        { kind: "anonymous", name: "leak", size: "2GiB", faultRate: "100MiB", restartAfter: "2s" },
      ],
    });
    const kinds = events.map(({ type }) => type).filter((type) => type !== "reached");
    expect(kinds.slice(0, 4)).toEqual(["workload-start", "oom-kill", "workload-start", "oom-kill"]);
  });

  test("panics where kernel memory alone fills the guest", async () => {
    const { summary, endedMs, events } = await run({
      duration: "60s",
      guest: { bootMemory: "512MiB" },
      device: { regionSize: "4GiB" },
      workloads: [
        { kind: "kernel", size: "1GiB", shortestLife: "10min", longestLife: "20min" },
        { kind: "kernel", name: "more", size: "2GiB", shortestLife: "1s", longestLife: "2s" },
      ],
    });
    expect(summary.panicked).toBe(true);
    expect(endedMs).toBeLessThan(60_000);
    expect(events.at(-1)).toMatchObject({ type: "panic" });
  });

  test("goes on where a device refuses an order", async () => {
    const { events, summary } = await run({
      duration: "10s",
      device: { regionSize: "1GiB", flavour: "cloud-hypervisor", requestedSize: "512MiB" },
      host: [
        { at: "2s", requestedSize: "512MiB" },
        { at: "3s", requestedSize: 0 },
      ],
    });
    expect(events.filter(({ type }) => type === "refused")).toHaveLength(1);
    expect(summary.pluggedSize).toBe(0);
  });

  test("moves nothing that is pinned, and all of it when the pins are gone", async () => {
    const pinned = {
      duration: "6min",
      guest: { bootMemory: "1GiB", online: "online_movable" },
      device: { regionSize: "1GiB", requestedSize: "1GiB" },
      host: [{ at: "60s", requestedSize: 0 }],
      workloads: [{ kind: "anonymous", name: "heap", size: "512MiB", thpShare: 0.5 }],
      faults: [{ kind: "pins", at: "30s", until: "90s", workload: "heap", size: "16MiB" }],
    };
    const { samples, summary } = await run(pinned);
    const during = samples.filter(({ atMs }) => atMs > 62_000 && atMs < 89_000);
    for (const { pluggedSize } of during) expect(pluggedSize).toBeGreaterThan(0);
    expect(summary.pluggedSize).toBe(0);
    expect(summary.retries).toBeGreaterThan(0);
  });

  test("can be iterated, and stopped with what it has", async () => {
    const abort = new AbortController();
    const scenarioRun = runScenario(scenarioOf(PEAK), { core: coreModule(), stop: abort.signal });
    let samples = 0;
    for await (const event of scenarioRun) {
      if (event.type !== "sample") continue;
      samples++;
      if (event.sample.atMs >= 30_000) abort.abort();
    }
    const result = await scenarioRun.result();
    expect(result.interrupted).toBe(true);
    expect(result.endedMs).toBeGreaterThanOrEqual(30_000);
    // at the next chance to give way, which comes after some real time
    expect(result.endedMs).toBeLessThan(120_000);
    expect(result.samples).toHaveLength(samples);
  });

  test("rejects with the reason of its signal, whether it is iterated or not", async () => {
    const reason = new Error("changed my mind");
    const aborted = (): { readonly core: WebAssembly.Module; readonly signal: AbortSignal } => {
      const abort = new AbortController();
      setTimeout(() => {
        abort.abort(reason);
      }, 0);
      return { core: coreModule(), signal: abort.signal };
    };
    await expect(runScenario(scenarioOf(PEAK), aborted()).result()).rejects.toBe(reason);
    const iterated = runScenario(scenarioOf(PEAK), aborted());
    const iterate = async (): Promise<void> => {
      for await (const { type } of iterated) if (type === "panic") break;
    };
    await expect(iterate()).rejects.toBe(reason);
    await expect(iterated.result()).rejects.toBe(reason);
  });

  test("has a result after a loop that was left early, awaited before or after", async () => {
    const whole = await run(PEAK);
    for (const isAwaitedBefore of [false, true]) {
      const left = runScenario(scenarioOf(PEAK), { core: coreModule() });
      let result: Promise<unknown> | undefined;
      for await (const event of left) {
        if (isAwaitedBefore) result = left.result();
        if (event.type === "sample") break;
      }
      expect(await (result ?? left.result())).toEqual(whole);
    }
  });

  test("tells how far it is, in virtual milliseconds", async () => {
    const told: Progress[] = [];
    const options = { core: coreModule(), onProgress: (progress: Progress) => told.push(progress) };
    const { durationMs } = await runScenario(scenarioOf(PEAK), options).result();
    expect(told.at(-1)).toMatchObject({ total: durationMs, unit: "ms" });
    expect(told.at(-1)?.done).toBeGreaterThanOrEqual(durationMs);
  });

  test("refuses an unknown policy", async () => {
    await expect(run(PEAK, { policy: "best" })).rejects.toThrow(/^policy must be .*, got "best"/);
  });
});
