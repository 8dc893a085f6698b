import { access, constants, readFile, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import type { Command } from "commander";

import { scenarioCsv } from "../report/scenario-csv.js";
import { scenarioJson } from "../report/scenario-json.js";
import { scenarioSvg } from "../report/scenario-svg.js";
import { scenarioText } from "../report/scenario-text.js";
import { parseScenario } from "../scenario/parse.js";
import type { ScenarioResult } from "../scenario/result.js";
import { runScenario, type RunScenarioOptions } from "../scenario/run.js";
import { isModulePath } from "../policies/choice/module-path.js";
import type { Policy } from "../policies/policy.js";
import { policyChoice } from "./policy-choice.js";
import { progressLine } from "./progress-line.js";
import { UsageError } from "./usage-error.js";

const DEFAULT_COLUMNS = 80;

interface RunFlags {
  readonly seed?: string;
  readonly policy?: string;
  readonly svg?: string;
  readonly csv?: string;
  readonly json?: true;
}

export function registerRun(program: Command): void {
  program
    .command("run")
    .description("run a scenario: a guest, its load and its host, in virtual time")
    .argument("<file>", "a scenario in YAML or JSON, or - to read it from standard input")
    .option("--seed <number>", "in place of the scenario's")
    .option("--policy <name>", "policies or your own module, in place of the scenario's")
    .option("--svg <file>", "draw the run to this file")
    .option("--csv <file>", "write the samples to this file")
    .option("--json", "print the result as JSON")
    .action(runFile);
}

async function runFile(path: string, flags: RunFlags): Promise<void> {
  const started = performance.now();
  const own = flags.policy === undefined ? undefined : await policyChoice(flags.policy);
  const scenario = parseScenario(await textOf(path), path);
  const policy = own ?? (await policyOf(scenario.policy, path));
  await assertWritable("--svg", flags.svg);
  await assertWritable("--csv", flags.csv);
  const abort = new AbortController();
  const progress = progressLine(process.stderr, "running");
  const options: RunScenarioOptions = {
    stop: abort.signal,
    onProgress: progress.show,
    ...(policy === undefined ? {} : { policy }),
    ...(flags.seed === undefined ? {} : { seed: seedOf(flags.seed) }),
  };
  const interrupt = (): void => {
    abort.abort();
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  const result = await runScenario(scenario, options)
    .result()
    .finally(() => {
      progress.clear();
      process.removeListener("SIGINT", interrupt);
      process.removeListener("SIGTERM", interrupt);
    });
  const wallMs = performance.now() - started;
  if (flags.svg !== undefined) await write("--svg", flags.svg, scenarioSvg(result));
  if (flags.csv !== undefined) await write("--csv", flags.csv, scenarioCsv(result));
  process.stdout.write(flags.json === true ? jsonOf(result, wallMs) : wordsOf(result, flags.svg));
  if (result.interrupted) process.exitCode = 130;
}

function jsonOf(result: ScenarioResult, wallMs: number): string {
  return `${JSON.stringify(scenarioJson(result, wallMs))}\n`;
}

function wordsOf(result: ScenarioResult, svg: string | undefined): string {
  const { stdout } = process;
  const words = scenarioText(result, { columns: stdout.isTTY ? stdout.columns : DEFAULT_COLUMNS });
  return svg === undefined ? words : `${words}\nThe picture is in ${svg}\n`;
}

/** What the scenario names; modules lie relative to its file. */
async function policyOf(names: string | undefined, path: string): Promise<Policy[] | undefined> {
  if (names === undefined) return undefined;
  if (path === "-" && names.split("+").some((name) => isModulePath(name.trim()))) {
    throw new UsageError("<file> must be a file where the scenario names a policy module, got -");
  }
  return policyChoice(names, dirname(path));
}

async function textOf(path: string): Promise<string> {
  try {
    return path === "-" ? await standardInput() : await readFile(path, "utf8");
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`<file> must name a scenario that can be read, got: ${found}`);
  }
}

async function standardInput(): Promise<string> {
  let text = "";
  for await (const part of process.stdin.setEncoding("utf8")) text += String(part);
  return text;
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > 0xffffffff) {
    throw new UsageError(`--seed must be a whole number from 0 to 4294967295, got ${text}`);
  }
  return seed;
}

/** Before hours are spent on what cannot be written down. Writes nothing. */
async function assertWritable(flag: string, file: string | undefined): Promise<void> {
  if (file === undefined) return;
  try {
    await access(dirname(resolve(file)), constants.W_OK);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${flag} must name a file that can be written, got: ${found}`);
  }
}

async function write(flag: string, file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${flag} must name a file that can be written, got: ${found}`);
  }
}
