import { expect, test } from "vitest";

import { headline } from "../../../src/report/scenario-text.js";
import { scenarioOf } from "../../../src/scenario/parse.js";
import { runScenario } from "../../../src/scenario/run.js";
import { coreModule } from "../../core-under-test.js";

test("a panic is told in the words of the kernel", async () => {
  const scenario = scenarioOf({ duration: "1s", device: { regionSize: "256MiB" } });
  const result = await runScenario(scenario, { core: coreModule() }).result();
  expect(headline(result)).toMatch(/^After 1 s the guest has/);
  const panicked = { ...result, summary: { ...result.summary, panicked: true } };
  expect(headline(panicked)).toBe(
    "The guest panicked after 1 s: out of memory, and no killable processes.",
  );
});
