import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";

import type { Guest } from "../../src/guest/guest.js";
import { scenarioCsv } from "../../src/report/scenario-csv.js";
import { scenarioJson } from "../../src/report/scenario-json.js";
import { scenarioSvg } from "../../src/report/scenario-svg.js";
import { scenarioText } from "../../src/report/scenario-text.js";
import { parseScenario, scenarioOf } from "../../src/scenario/parse.js";
import { runScenario } from "../../src/scenario/run.js";
import type { Scenario } from "../../src/scenario/scenario.js";
import { coreModule } from "../core-under-test.js";
import { FUZZ_TIMEOUT, fuzz, hasControl, outcomeOf } from "./fuzzing.js";
import { scenarioValue } from "./scenario-inputs.js";
import { damagedText, textDamage } from "./text-damage.js";

const EXAMPLES = join(import.meta.dirname, "../../examples/scenarios");
/** Real time that a run gets: what it takes to end one is a part of what is tested. */
const RUN_MS = 300;

/** Runs it for a while, and looks at what it leaves. */
async function play(scenario: Scenario): Promise<void> {
  let guest: Guest | undefined;
  const end = performance.now() + RUN_MS;
  const result = await runScenario(scenario, {
    core: coreModule(),
    stopWhen: () => performance.now() > end,
    watch: (made) => (guest = made),
  }).result();
  expect(performance.now() - end).toBeLessThan(5000);
  expect(guest?.pages.validate()).toBeUndefined();
  for (const { device, driver } of guest?.devices ?? []) {
    expect(device.pluggedSize).toBeLessThanOrEqual(device.usableRegionSize);
    expect(driver.isBroken && device.flavour.name === "qemu").toBe(false);
  }
  const text = scenarioText(result, { columns: 80 });
  for (const output of [text, scenarioSvg(result), scenarioCsv(result)]) {
    expect(hasControl(output), JSON.stringify(output.slice(0, 300))).toBe(false);
    expect(output).not.toMatch(/\b(?:NaN|undefined)\b/);
  }
  JSON.stringify(scenarioJson(result, 0));
}

test(
  "scenarios that the schema allows, or nearly so, run or are refused in words",
  async () => {
    await fuzz(scenarioValue, async (value) => {
      await outcomeOf(() => play(scenarioOf(value)));
    });
  },
  FUZZ_TIMEOUT,
);

test(
  "texts of scenarios that are damaged run or are refused in words",
  async () => {
    const examples = readdirSync(EXAMPLES).map((name) =>
      readFileSync(join(EXAMPLES, name), "utf8"),
    );
    const inputs = fc.record({
      text: fc.oneof(
        fc.constantFrom(...examples),
        scenarioValue.map((value) => stringify(value)),
      ),
      damage: fc.array(textDamage, { minLength: 1, maxLength: 3 }),
    });
    await fuzz(inputs, async ({ text, damage }) => {
      await outcomeOf(() => play(parseScenario(damage.reduce(damagedText, text))));
    });
  },
  FUZZ_TIMEOUT,
);
