import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { scenarioText } from "../../src/report/scenario-text.js";
import { parseScenario } from "../../src/scenario/parse.js";
import { runScenario } from "../../src/scenario/run.js";
import { coreModule } from "../core-under-test.js";

const folder = join(import.meta.dirname, "../../examples/scenarios");
const files = readdirSync(folder).filter((name) => /\.(yaml|json)$/.test(name));

/** A number with its unit: what an answer claims. */
const FIGURE =
  /\d[\d,.]*\d?(?: min \d+ s| (?:[KMGT]iB(?:-minutes)?|pages|failed|times?|retries|ms|min|s)\b)/g;

function leadingComment(text: string): string {
  const lines = text.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("#"));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^# ?/, ""))
    .join(" ");
}

test("there are at least eight example scenarios", () => {
  expect(files.length).toBeGreaterThanOrEqual(8);
});

describe.each(files)("%s", (name) => {
  const text = readFileSync(join(folder, name), "utf8");
  const [question = "", answer = ""] = leadingComment(text).split("Answer:");

  test("asks a question and answers it with figures", () => {
    expect(question).toMatch(/\?/);
    expect(answer.match(FIGURE)).not.toBeNull();
  });

  test("gives the figures of its answer", async () => {
    const scenario = parseScenario(text, name);
    const result = await runScenario(scenario, { core: coreModule() }).result();
    const words = scenarioText(result, { columns: 80 });
    // what the scenario itself says need not be said by the result
    const whole = `${scenario.devices.reduce((sum, { regionSize }) => sum + regionSize, 0) / 2 ** 30} GiB`;
    const given = `${words}\n${whole}\n${text.slice(text.indexOf("title:")).replace(/(\d)(?=[GM]iB|min|s\b)/g, "$1 ")}`;
    for (const figure of answer.match(FIGURE) ?? []) {
      if (DERIVED.has(`${name}: ${figure}`)) continue;
      expect(given).toContain(figure.replace(/ times$/, " times"));
    }
    expect(result.events.length).toBeGreaterThan(0);
  }, 180_000);
});

/** Figures that no run prints because they are arithmetic on the scenario; each with what it is. */
const DERIVED = new Set([
  // 14 GiB for the 14 minutes of the run
  "build-with-controller.yaml: 196 GiB-minutes",
  // what a pageblock is
  "long-term-pins.yaml: 2 MiB",
]);
