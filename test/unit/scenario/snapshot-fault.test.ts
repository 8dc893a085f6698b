import { expect, test } from "vitest";

import type { Guest } from "../../../src/guest/guest.js";
import { scenarioOf } from "../../../src/scenario/parse.js";
import { runScenario } from "../../../src/scenario/run.js";
import { coreModule } from "../../core-under-test.js";

const core = coreModule();
/** Something is under way at each snapshot: workloads, a retry timer, faults, a waiting restart. */
const LIFE = {
  duration: "40s",
  seed: 7,
  policy: "sense-first",
  guest: { bootMemory: "128MiB", online: "online_kernel", cachedCpus: 2 },
  devices: [
    { name: "a", regionSize: "512MiB", requestedSize: "256MiB" },
    { name: "b", regionSize: "512MiB", flavour: "cloud-hypervisor" },
  ],
  workloads: [
    { kind: "anonymous", size: "200MiB", churnRate: "8MiB", thpShare: 0.5, restartAfter: "3s" },
    { kind: "page-cache", size: "100MiB", start: "2s", stop: "30s", dirtyShare: 0.2 },
    { kind: "kernel", size: "32MiB" },
  ],
  host: [
    { at: "5s", requestedSize: "512MiB", device: "b" },
    { at: "12s", requestedSize: "0", device: "a" },
    { at: "25s", requestedSize: "128MiB", device: "b" },
  ],
};
const FAULTS = [
  { kind: "offline-refused", at: "11s", until: "20s" },
  { kind: "migration", at: "24s", until: "33s", device: "b" },
  { kind: "memory-block-state", at: "21s", memoryBlock: 0, state: "offline", device: "a" },
];
const SNAPSHOTS = ["0s", "3.05s", "12.5s", "15s", "25.5s", "25.5s"].map((at) => ({
  kind: "snapshot",
  at,
}));

test("a guest does not notice that it is saved and restored", async () => {
  const options = { core };
  const plain = await runScenario(scenarioOf({ ...LIFE, faults: FAULTS }), options).result();
  const seen: Guest[] = [];
  const watch = (guest: Guest): void => {
    seen.push(guest);
  };
  const scenario = scenarioOf({ ...LIFE, faults: [...SNAPSHOTS, ...FAULTS] });
  const saved = await runScenario(scenario, { ...options, watch }).result();
  // at 25.5 s it is asked for twice, and done once
  expect(seen).toHaveLength(SNAPSHOTS.length);
  expect(new Set(seen).size).toBe(seen.length);
  expect(saved.samples).toEqual(plain.samples);
  expect(saved.workloads).toEqual(plain.workloads);
  expect(saved.summary).toEqual(plain.summary);
  const events = saved.events.filter((one) => one.type !== "fault" || one.kind !== "snapshot");
  expect(events).toEqual(plain.events);
  expect(plain.events.map(({ type }) => type)).toContain("gave-up");
});
