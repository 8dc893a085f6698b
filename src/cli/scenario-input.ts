import { dirname, resolve } from "node:path";

import { parseScenario, scenarioValue, startOf } from "../scenario/parse.js";
import type { Scenario } from "../scenario/scenario.js";
import { readForCommand } from "./capture-input.js";
import { readInput } from "./input.js";
import { UsageError } from "./usage-error.js";

/** The scenario that the command line names, with the capture that it begins with. */
export async function readScenario(path: string): Promise<Scenario> {
  const text = await readInput(path, "<file>");
  const start = startOf(scenarioValue(text, path));
  if (start === undefined) return parseScenario(text, path);
  if (path === "-") {
    throw new UsageError("<file> must be a file where the scenario names a capture, got -");
  }
  const [capture] = await readForCommand(resolve(dirname(path), start), {});
  return parseScenario(text, path, capture);
}
