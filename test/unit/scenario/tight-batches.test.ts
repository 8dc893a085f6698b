import { expect, test } from "vitest";

import { scenarioOf } from "../../../src/scenario/parse.js";
import { runScenario } from "../../../src/scenario/run.js";
import { coreModule } from "../../core-under-test.js";

// memory so short that a THP has to be split in the midst of a batch of survivors
test("what was split for one part of a batch is not migrated once more with the next", async () => {
  const scenario = scenarioOf({
    duration: "15.5s",
    seed: 22,
    guest: { bootMemory: "1GiB", online: "online_movable", profile: "v6.8", cachedCpus: 1 },
    device: { regionSize: "2GiB", requestedSize: "2GiB" },
    host: [{ at: "15s", requestedSize: "1GiB" }],
    workloads: [
      {
        ...{ kind: "anonymous", size: "700MiB", churnRate: "200MiB" },
        ...{ start: "1s", thpShare: 0.2, chunk: "100KiB" },
      },
      { kind: "anonymous", size: "300MiB", churnRate: "300MiB", start: "1s" },
      {
        ...{ kind: "page-cache", size: "1600MiB", readRate: "200MiB" },
        ...{ dirtyShare: 0.05, start: "1s" },
      },
      { kind: "kernel", size: "100MiB", type: "reclaimable-slab", shortestLife: "100ms" },
      { kind: "kernel", size: "50MiB", shortestLife: "300ms" },
      { kind: "kernel", size: "20MiB", order: 2, shortestLife: "300ms" },
      { kind: "network", burst: "24MiB" },
      { kind: "functions", size: "20MiB", every: "500ms", life: "3s" },
    ],
  });
  const watched: { broken?: string | undefined } = {};
  const { summary } = await runScenario(scenario, {
    core: coreModule(),
    watch: ({ log, pages }) => {
      log.follow(({ type }) => {
        if (type === "contig") watched.broken ??= pages.validate();
      });
    },
  }).result();
  expect(watched.broken).toBeUndefined();
  expect(summary.migratedPages).toBeGreaterThan(10_000);
});
