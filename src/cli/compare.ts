import { readFile, stat, writeFile } from "node:fs/promises";

import { Option, type Command } from "commander";

import { readCapture } from "../capture/read-capture.js";
import { compareOnCapture, compareOnScenario, type CompareOptions } from "../compare/compare.js";
import type { Comparison } from "../compare/comparison.js";
import { PROFILE_NAMES, type ProfileName } from "../linux/profile.js";
import { openCapture } from "../node/index.js";
import { comparisonJson } from "../report/comparison-json.js";
import { comparisonSvg } from "../report/comparison-svg.js";
import { comparisonText } from "../report/comparison-text.js";
import { parseScenario } from "../scenario/parse.js";
import { parseDuration, parseSize } from "../units.js";
import type { Policy } from "../policies/policy.js";
import { policyChoice } from "./policy-choice.js";
import { progressLine } from "./progress-line.js";
import { UsageError } from "./usage-error.js";

interface CompareFlags {
  readonly policies: string;
  readonly seeds?: string;
  readonly requestedSize?: string;
  readonly profile?: ProfileName | "auto";
  readonly until?: string;
  readonly folder?: string;
  readonly svg?: string;
  readonly json?: boolean;
}

const DEFAULT_COLUMNS = 80;
const MOST_SEEDS = 1000;
const INTERRUPTED = 130;

export function registerCompare(program: Command): void {
  program
    .command("compare")
    .description("run policies on identical guests and compare what they return and cost")
    .argument("<file>", "a capture (folder or archive), or a scenario in YAML or JSON")
    .requiredOption("--policies <names>", "policies to compare, such as linux,sense-first")
    .option("--seeds <number>", "run each policy with so many seeds", "1")
    .option("--requested-size <size>", "size to request of a captured guest (default: 0)")
    .addOption(
      new Option("--profile <name>", "Linux version of a captured guest (default: auto)").choices([
        "auto",
        ...PROFILE_NAMES,
      ]),
    )
    .option("--until <time>", "go on through the driver's retries for this long (captures)")
    .option("--folder <name>", "which capture, where the folder or archive holds several")
    .option("--svg <file>", "draw the comparison to this file")
    .option("--json", "print the result as JSON")
    .action(runCompare);
}

async function runCompare(path: string, flags: CompareFlags): Promise<void> {
  const progress = progressLine(process.stderr, "running");
  const abort = new AbortController();
  const interrupt = (): void => {
    abort.abort();
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  const comparison = await compareFile(path, flags, {
    stop: abort.signal,
    onProgress: progress.show,
  }).finally(() => {
    progress.clear();
    process.removeListener("SIGINT", interrupt);
    process.removeListener("SIGTERM", interrupt);
  });
  await print(comparison, flags);
  if (comparison.interrupted) process.exitCode = INTERRUPTED;
}

async function compareFile(
  path: string,
  flags: CompareFlags,
  options: CompareOptions,
): Promise<Comparison> {
  const policies: Policy[][] = [];
  for (const names of flags.policies.split(",")) policies.push(await policyChoice(names.trim()));
  const nrSeeds = seedsOf(flags.seeds ?? "1");
  if (await isScenario(path)) {
    assertNoCaptureFlags(flags);
    const scenario = parseScenario(await textOf(path), path);
    const seeds = Array.from({ length: nrSeeds }, (_, at) => (scenario.seed + at) % 2 ** 32);
    return compareOnScenario(scenario, policies, { ...options, seeds });
  }
  const folder = flags.folder === undefined ? {} : { folder: flags.folder };
  const capture = await readCapture(await openCapture(path), folder);
  return compareOnCapture(capture, policies, {
    ...options,
    seeds: Array.from({ length: nrSeeds }, (_, at) => at + 1),
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
    ...(flags.until === undefined ? {} : { untilMs: parseDuration(flags.until, "--until") }),
    requestedSize: parseSize(flags.requestedSize ?? "0", "--requested-size"),
  });
}

/** Scenarios are single text files; captures are folders or archives. */
async function isScenario(path: string): Promise<boolean> {
  if (/\.(ya?ml|json)$/i.test(path)) return true;
  if (/\.(tar|tgz|tar\.gz)$/i.test(path)) return false;
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) {
    throw new UsageError(`<file> must be a capture or a scenario, got no such file: ${path}`);
  }
  return false;
}

function assertNoCaptureFlags(flags: CompareFlags): void {
  for (const [key, flag] of [
    ["requestedSize", "--requested-size"],
    ["profile", "--profile"],
    ["until", "--until"],
    ["folder", "--folder"],
  ] as const) {
    if (flags[key] === undefined) continue;
    throw new UsageError(`${flag} must be left out for a scenario, which says so itself`);
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`<file> must name a file that can be read, got: ${found}`);
  }
}

function seedsOf(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > MOST_SEEDS) {
    throw new UsageError(`--seeds must be a whole number from 1 to ${MOST_SEEDS}, got ${text}`);
  }
  return number;
}

async function print(comparison: Comparison, flags: CompareFlags): Promise<void> {
  const { stdout } = process;
  if (flags.svg !== undefined) {
    await writeFile(flags.svg, comparisonSvg(comparison)).catch((cause: unknown) => {
      const found = cause instanceof Error ? cause.message : String(cause);
      throw new UsageError(`--svg must name a file that can be written, got: ${found}`);
    });
  }
  if (flags.json === true) {
    stdout.write(`${JSON.stringify(comparisonJson(comparison))}\n`);
    return;
  }
  const columns = stdout.isTTY ? stdout.columns : DEFAULT_COLUMNS;
  stdout.write(comparisonText(comparison, { columns }));
  if (flags.svg !== undefined) stdout.write(`\nThe picture is in ${flags.svg}\n`);
}
