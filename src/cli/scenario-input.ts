import { dirname, resolve } from "node:path";

import { parseScenario, scenarioValue, startOf } from "../scenario/parse.js";
import type { Scenario } from "../scenario/scenario.js";
import { readForCommand } from "./capture-input.js";
import { readInput } from "./input.js";
import { UsageError } from "./usage-error.js";

/** The scenario that the command line names, with the capture that it begins with. */
export async function readScenario(path: string): Promise<Scenario> {
  const text = await readInput(path, "<file>");
  const start = captureOfScenario(scenarioValue(text, path), path);
  if (start === undefined) return parseScenario(text, path);
  const [capture] = await readForCommand(start, {});
  return parseScenario(text, path, capture);
}

/**
 * Path of the capture that a scenario begins with, which its file names relative to itself;
 * undefined where it names none.
 */
export function captureOfScenario(value: unknown, path: string): string | undefined {
  const start = startOf(value);
  if (start === undefined) return undefined;
  if (path === "-") {
    throw new UsageError("<file> must be a file where the scenario names a capture, got -");
  }
  return resolve(dirname(path), start);
}
