import { describe, expect, test } from "vitest";

import { compareOnScenario } from "../../../src/compare/compare.js";
import { Steps } from "../../../src/compare/parting.js";
import type { ContigEntry, LogEntry, RequestEntry } from "../../../src/log/entry.js";
import { comparisonText } from "../../../src/report/comparison-text.js";
import { scenarioOf } from "../../../src/scenario/parse.js";

const request = (offset: number, atNs: number): RequestEntry => ({
  type: "request",
  atNs,
  request: "UNPLUG",
  offset,
  nbBlocks: 1,
  response: "ACK",
});

const attempt = (change: Partial<ContigEntry>): ContigEntry => ({
  type: "contig",
  atNs: 5,
  startPfn: 1024,
  nrPages: 512,
  errno: 0,
  stage: "done",
  blockingPfn: undefined,
  blockingClass: undefined,
  migratedPages: 0,
  droppedPages: 0,
  ...change,
});

function stepsOf(...entries: readonly LogEntry[]): Steps {
  const steps = new Steps();
  for (const entry of entries) steps.note(entry);
  return steps;
}

describe("two runs", () => {
  test("part at the first step that is not the same, whenever it was", () => {
    const first = stepsOf(request(0, 1e6), request(2 ** 21, 5e6));
    expect(first.partingOf(stepsOf(request(0, 3e6), request(2 ** 22, 4e6)))).toEqual({
      atMs: 4,
      first: "UNPLUG of 1 blocks at offset 2 MiB: ACK",
      other: "UNPLUG of 1 blocks at offset 4 MiB: ACK",
    });
    expect(first.partingOf(stepsOf(request(0, 9)))).toMatchObject({ atMs: 5, other: null });
    expect(first.partingOf(stepsOf(request(0, 1), request(2 ** 21, 2)))).toBeNull();
  });

  test("say how an attempt ended, and name a blocking page where there is one", () => {
    const words = (change: Partial<ContigEntry>) =>
      stepsOf(request(0, 1)).partingOf(stepsOf(attempt(change)))?.other;
    expect(words({})).toBe("attempt on 2 MiB at pfn 1024: taken");
    expect(words({ errno: -16, stage: "isolate", blockingPfn: 7, blockingClass: "slab" })).toBe(
      "attempt on 2 MiB at pfn 1024: fails at stage isolate, blocked by slab",
    );
    expect(words({ errno: -12, stage: "memory" })).toBe(
      "attempt on 2 MiB at pfn 1024: fails at stage memory",
    );
  });
});

const SCENARIO = scenarioOf({
  duration: "4s",
  policy: "sense-first",
  guest: { profile: "v6.1", bootMemory: "256MiB" },
  device: { regionSize: "512MiB", requestedSize: "512MiB" },
  host: [{ at: "2s", requestedSize: 0 }],
  workloads: [{ kind: "kernel", size: "100MiB" }],
});

describe("versions", () => {
  test("are compared under every policy, and the first point at which they part is told", async () => {
    const { policies } = await compareOnScenario(SCENARIO, ["linux", "sense-first"], {
      profiles: ["v5.8", "v6.1"],
    });
    expect(policies.map(({ policy, profile }) => `${policy} ${profile ?? ""}`)).toEqual([
      "linux v5.8",
      "sense-first v5.8",
      "linux v6.1",
      "sense-first v6.1",
    ]);
    expect(policies[0]).not.toHaveProperty("parting");
    expect(policies[2]?.parting).toMatchObject({ first: expect.any(String) as string });
  });

  test("linux is what the version does, whatever the scenario's policy", async () => {
    const own = { ...SCENARIO, policy: undefined };
    const asked = await compareOnScenario(SCENARIO, ["linux"]);
    const without = await compareOnScenario(own, ["linux"]);
    expect(asked.policies).toEqual(without.policies);
    const [linux] = asked.policies;
    const [sensed] = (await compareOnScenario(SCENARIO, ["sense-first"])).policies;
    expect(linux?.runs[0]?.scannedPages).toBe(0);
    expect(sensed?.runs[0]?.scannedPages).toBeGreaterThan(0);
  });

  test.each([
    [["v5.9"], "profiles must be among"],
    [["v6.1", "v6.1"], "profiles must differ from each other"],
    [[], "profiles must name at least one"],
  ])("%j is refused", async (profiles, words) => {
    await expect(
      compareOnScenario(SCENARIO, ["linux"], { profiles: profiles as never }),
    ).rejects.toThrow(words);
  });

  test("one table at 80 columns, however many policies", async () => {
    const policies = ["linux", "sense-first", "isolate-first", "drop-caches", "free-areas-first"];
    const comparison = await compareOnScenario(SCENARIO, policies, { profiles: ["v5.8", "v6.1"] });
    const text = comparisonText(comparison, { columns: 80 });
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(text.match(/returned/g)).toHaveLength(1);
    expect(text).toMatch(/^10 +\d/m);
  });
});
