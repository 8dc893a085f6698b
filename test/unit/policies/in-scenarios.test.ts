import { expect, test } from "vitest";
import { compareOnScenario } from "../../../src/compare/compare.js";
import type { RunFigures } from "../../../src/compare/comparison.js";
import { parseScenario } from "../../../src/scenario/parse.js";
import { runScenario } from "../../../src/scenario/run.js";

/** A program that leaves no room elsewhere ends 30 s after the host has asked for everything. */
const ENDS_LATER = `
duration: 20min
guest: {bootMemory: 1GiB, online: online_movable}
device: {regionSize: 2GiB, requestedSize: 2GiB}
host: [{at: 100s, requestedSize: 0}]
workloads: [{kind: anonymous, name: program, size: 2600MiB, stop: 130s}]
`;

/** A program that comes after the host has taken everything that was free. */
const COMES_LATER = `
duration: 3min
guest: {bootMemory: 1GiB, online: online_movable}
device: {regionSize: 2GiB, requestedSize: 2GiB}
host: [{at: 30s, requestedSize: 0}]
workloads:
  - {kind: anonymous, name: first, size: 400MiB}
  - {kind: anonymous, name: second, size: 700MiB, start: 60s}
`;

async function figures(scenario: string, ...policies: string[]): Promise<RunFigures[]> {
  const comparison = await compareOnScenario(parseScenario(scenario, "test.yaml"), policies);
  return comparison.policies.map(({ runs }) => runs[0]!);
}

test("each way to try again finds the memory of a program that has ended when it says", async () => {
  const seconds = (
    await figures(
      ENDS_LATER,
      "linux",
      "retry-fixed=7s",
      "retry-exponential",
      "retry-on-free",
      "retry-bounded=0",
    )
  ).map(({ to100Ms }) => (to100Ms === null ? null : Math.round(to100Ms / 1000)));
  const [linux, fixed, exponential, onFree, bounded] = seconds;
  expect(linux).toBe(50);
  expect(fixed).toBeLessThanOrEqual(36);
  expect(exponential).toBeGreaterThan(30);
  expect(exponential).toBeLessThan(42);
  expect(onFree).toBe(30);
  expect(bounded).toBeNull();
});

test("trying again sooner costs attempts, waiting for free memory costs none", async () => {
  const [linux, fixed, onFree] = await figures(
    ENDS_LATER,
    "linux",
    "retry-fixed=1s",
    "retry-on-free",
  );
  expect(fixed!.attempts).toBeGreaterThan(linux!.attempts);
  expect(onFree!.attempts).toBeLessThanOrEqual(linux!.attempts);
});

test("a reserve saves the program that comes later, at the price of the host's memory", async () => {
  const run = async (policy: string) =>
    (await runScenario(parseScenario(COMES_LATER, "test.yaml"), { policy }).result()).summary;
  const linux = await run("linux");
  const reserve = await run("reserve=1GiB");
  expect(linux.pluggedSize).toBeLessThan(reserve.pluggedSize);
  expect(linux.oomKills).toBeGreaterThan(0);
  expect(reserve.oomKills).toBe(0);
});
