import { expect, test, vi } from "vitest";

import { scenarioOf } from "../../../src/scenario/parse.js";
import { runScenario } from "../../../src/scenario/run.js";
import { randomScenario } from "../../../src/soak/random-scenario.js";
import { soak } from "../../../src/soak/soak.js";
import { coreModule } from "../../core-under-test.js";

const MiB = 2 ** 20;
/** On the core with assertions, and on a busy machine. */
const PATIENCE = 180_000;

/** True from the call with this number on. */
function after(calls: number): () => boolean {
  let made = 0;
  return () => ++made >= calls;
}

const core = coreModule();

test("equal seeds give equal guests, and most of them can be", () => {
  const seeds = Array.from({ length: 60 }, (_, at) => at);
  for (const seed of seeds) expect(randomScenario(seed)).toEqual(randomScenario(seed));
  const possible = seeds.filter((seed) => {
    try {
      return scenarioOf(randomScenario(seed)).devices.length > 0;
    } catch {
      return false;
    }
  });
  expect(possible.length).toBeGreaterThan(30);
});

test(
  "a seed gives the same result each time, with no rule broken",
  async () => {
    const first = await soak({ core, seed: 11, steps: 600, stopWhen: after(300) });
    expect(first).toMatchObject({ steps: expect.any(Number) as number });
    expect(first.finding).toBeUndefined();
    expect(await soak({ core, seed: 11, steps: 600, stopWhen: after(300) })).toEqual(first);
  },
  PATIENCE,
);

test("a machine with too little memory breaks no rule of the model", async () => {
  const words = "WebAssembly.instantiate(): Out of memory: Cannot allocate Wasm memory";
  const instantiate = vi.spyOn(WebAssembly, "instantiate").mockRejectedValue(new RangeError(words));
  try {
    await expect(soak({ core, seed: 3, steps: 100 })).rejects.toThrow(words);
  } finally {
    instantiate.mockRestore();
  }
});

test("it ends where it is told to", async () => {
  const { guests, steps } = await soak({ core, seed: 3, steps: 1e6, stopWhen: () => true });
  expect([guests, steps]).toEqual([1, 1]);
});

test(
  "what breaks a rule becomes a scenario of a few lines that breaks it, too",
  async () => {
    const most = 300 * MiB;
    const rule = ({ guest: { device } }: Parameters<Rule>[0]): string | undefined =>
      device.pluggedSize > most ? `at most ${most} bytes, got ${device.pluggedSize}` : undefined;
    const { finding } = await soak({ core, seed: 5, steps: 1e5, rule });
    expect(finding?.what).toMatch(/at most 314572800 bytes, got \d+/);
    const { scenario } = finding ?? {};
    if (scenario === undefined) throw new Error("nothing was found");
    expect([scenario.faults, scenario.workloads, scenario.controllers]).toEqual([[], [], []]);
    expect(JSON.stringify(scenario).length).toBeLessThan(400);
    const { samples } = await runScenario(scenarioOf(scenario), { core, validate: true }).result();
    expect(Math.max(...samples.map(({ pluggedSize }) => pluggedSize))).toBeGreaterThan(most);
  },
  PATIENCE,
);

type Rule = NonNullable<Parameters<typeof soak>[0]["rule"]>;
