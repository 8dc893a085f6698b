import fc from "fast-check";
import { expect, test } from "vitest";

import { compareOnScenario } from "../../src/compare/compare.js";
import { scenarioOf } from "../../src/scenario/parse.js";
import { nrRuns } from "./nr-runs.js";

/** A guest with programs, file cache and kernel memory, from half empty to too full. */
const guest = fc.record({
  boot: fc.integer({ min: 4, max: 6 }),
  region: fc.integer({ min: 2, max: 5 }),
  fill: fc.integer({ min: 40, max: 110 }),
  anonymous: fc.integer({ min: 10, max: 90 }),
  churn: fc.integer({ min: 0, max: 100 }),
  kernel: fc.integer({ min: 1, max: 40 }),
  online: fc.constantFrom("online_kernel", "online_movable", "online"),
  profile: fc.constantFrom("v5.15", "v6.1", "v6.12"),
  seed: fc.nat(1000),
});

test("best-policy never returns less than Linux down to the high watermarks, and harms no more", async () => {
  await fc.assert(
    fc.asyncProperty(guest, async (of) => {
      const { boot, region, fill, anonymous, churn, kernel, online, profile, seed } = of;
      const used = (boot + region) * 128 * 0.85 * (fill / 100);
      const programs = Math.floor((used * anonymous) / 100);
      const scenario = scenarioOf({
        duration: "3s",
        guest: { bootMemory: `${128 * boot}MiB`, online, profile },
        device: { regionSize: `${128 * region}MiB`, requestedSize: `${128 * region}MiB` },
        workloads: [
          { kind: "anonymous", size: `${programs}MiB`, churnRate: `${churn}MiB`, start: "500ms" },
          { kind: "page-cache", size: `${Math.floor(used - programs)}MiB`, start: "600ms" },
          { kind: "kernel", size: `${kernel}MiB`, start: "500ms" },
        ],
        host: [{ at: "2900ms", requestedSize: 0 }],
      });
      const policies = ["linux", "linux+reserve=high", "best-policy"];
      const compared = await compareOnScenario(scenario, policies, { seeds: [seed] });
      const [linux, safe, best] = compared.policies.map(({ runs: [only] }) => only);
      expect(best?.returnedSize).toBeGreaterThanOrEqual(safe?.returnedSize ?? Infinity);
      expect(best?.oomKills).toBeLessThanOrEqual(linux?.oomKills ?? 0);
    }),
    { numRuns: nrRuns(8) },
  );
}, 120_000);
