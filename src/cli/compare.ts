import { stat } from "node:fs/promises";

import { Option, type Command } from "commander";

import { compareOnCapture, compareOnScenario, type CompareOptions } from "../compare/compare.js";
import type { Comparison } from "../compare/comparison.js";
import { PROFILE_NAMES, type ProfileName } from "../linux/profile.js";
import { comparisonJson } from "../report/comparison-json.js";
import { comparisonSvg } from "../report/comparison-svg.js";
import { comparisonText } from "../report/comparison-text.js";
import { parseDuration, parseSize } from "../units.js";
import type { Policy } from "../policies/policy.js";
import { shortened, visibleText } from "../input-error.js";
import { readForCommand } from "./capture-input.js";
import { assertInWorker, stopFlag } from "./command-link.js";
import { readScenario } from "./scenario-input.js";
import { HTML, OutputFile, print, SVG } from "./output.js";
import { PAGE_COLUMNS, writePage } from "./write-page.js";
import type { HtmlPage } from "../report/html-page.js";
import { policyChoice } from "./policy-choice.js";
import { progressLine } from "./progress-line.js";
import { terminalLook } from "./terminal.js";
import { UsageError } from "./usage-error.js";
import { EXIT_INTERRUPTED } from "./exit-status.js";

interface CompareFlags {
  readonly policies: string;
  readonly seeds?: string;
  readonly requestedSize?: string;
  readonly profile?: ProfileName | "auto";
  readonly profiles?: string;
  readonly until?: string;
  readonly folder?: string;
  readonly svg?: string;
  readonly html?: string;
  readonly json?: boolean;
}

const MOST_SEEDS = 1000;

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
    .option("--profiles <names>", "compare under each of these Linux versions, such as v5.10,v6.1")
    .option("--until <time>", "go on through the driver's retries for this long (captures)")
    .option("--folder <name>", "which capture, where the folder or archive holds several")
    .option("--html <file>", "write a page with pictures and words, which opens from disk")
    .option("--svg <file>", "draw the comparison to this file; - draws to standard output")
    .option("--json", "print the result as JSON")
    .action(runCompare);
}

async function runCompare(path: string, flags: CompareFlags): Promise<void> {
  assertInWorker();
  const svg = OutputFile.open(SVG, flags.svg, [path]);
  const html = OutputFile.open(HTML, flags.html, [path]);
  const progress = progressLine("comparing");
  const comparison = await compareFile(path, flags, {
    ...(stopFlag === undefined ? {} : { stopWhen: () => stopFlag?.isAsked === true }),
    onProgress: progress.show,
  }).finally(progress.clear);
  stopFlag?.answer();
  if (comparison.interrupted) process.exitCode = EXIT_INTERRUPTED;
  const page = (): HtmlPage => ({
    title: comparison.subject === "" ? path : comparison.subject,
    pictures: [comparisonSvg(comparison)],
    words: comparisonText(comparison, { columns: PAGE_COLUMNS }),
    json: comparisonJson(comparison),
  });
  if (svg?.isStdout === true || html?.isStdout === true) {
    svg?.write(comparisonSvg(comparison));
    writePage(html, false, page);
    return;
  }
  if (flags.json === true) print(`${JSON.stringify(comparisonJson(comparison))}\n`);
  else print(comparisonText(comparison, { columns: terminalLook().columns }));
  writePage(html, flags.json !== true, page);
  if (svg === undefined) return;
  svg.write(comparisonSvg(comparison));
  if (flags.json !== true) print(`\nThe picture is in ${visibleText(svg.name)}\n`);
}

async function compareFile(
  path: string,
  flags: CompareFlags,
  options: CompareOptions,
): Promise<Comparison> {
  const policies: Policy[][] = [];
  for (const names of flags.policies.split(",")) policies.push(await policyChoice(names.trim()));
  const nrSeeds = seedsOf(flags.seeds ?? "1");
  if (flags.profiles !== undefined && flags.profile !== undefined) {
    throw new UsageError("--profile must be left out where there is --profiles");
  }
  const profiles = flags.profiles?.split(",").map((name) => name.trim() as ProfileName);
  const compared = { ...options, ...(profiles === undefined ? {} : { profiles }) };
  if (await isScenario(path)) {
    assertNoCaptureFlags(flags);
    const scenario = await readScenario(path);
    const seeds = Array.from({ length: nrSeeds }, (_, at) => (scenario.seed + at) % 2 ** 32);
    return compareOnScenario(scenario, policies, { ...compared, seeds });
  }
  const folder = flags.folder === undefined ? {} : { folder: flags.folder };
  const [capture, ...others] = await readForCommand(path, folder);
  if (capture === undefined || others.length > 0) {
    throw new UsageError(
      `<file> must be a capture of one device, got ${others.length + 1}: virtio-mem predict takes several`,
    );
  }
  return compareOnCapture(capture, policies, {
    ...compared,
    seeds: Array.from({ length: nrSeeds }, (_, at) => at + 1),
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
    ...(flags.until === undefined ? {} : { untilMs: parseDuration(flags.until, "--until") }),
    requestedSize: parseSize(flags.requestedSize ?? "0", "--requested-size"),
  });
}

/** Scenarios are single text files; captures are folders or archives. */
export async function isScenario(path: string): Promise<boolean> {
  if (/\.(ya?ml|json)$/i.test(path)) return true;
  if (path === "-" || /\.(tar|tgz|tar\.gz)$/i.test(path)) return false;
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) {
    throw new UsageError(
      `<file> must be a capture or a scenario, got no such file: ${shortened(path)}`,
    );
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

function seedsOf(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > MOST_SEEDS) {
    throw new UsageError(
      `--seeds must be a whole number from 1 to ${MOST_SEEDS}, got ${shortened(text)}`,
    );
  }
  return number;
}
