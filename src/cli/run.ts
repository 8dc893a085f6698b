import { dirname } from "node:path";

import type { Command } from "commander";

import { scenarioCsv } from "../report/scenario-csv.js";
import { scenarioJson } from "../report/scenario-json.js";
import { scenarioSvg } from "../report/scenario-svg.js";
import { scenarioText } from "../report/scenario-text.js";
import type { ScenarioResult } from "../scenario/result.js";
import { runScenario, type RunScenarioOptions } from "../scenario/run.js";
import { isModulePath } from "../policies/choice/module-path.js";
import type { Policy } from "../policies/policy.js";
import { shortened, visibleText } from "../input-error.js";
import { assertInWorker, leave, stopFlag } from "./command-link.js";
import { CSV, HTML, OutputFile, print, SVG } from "./output.js";
import { formatDuration } from "../units.js";
import { PAGE_COLUMNS, writePage } from "./write-page.js";
import { policyChoice } from "./policy-choice.js";
import { progressLine } from "./progress-line.js";
import { readScenario } from "./scenario-input.js";
import { terminalLook } from "./terminal.js";
import { UsageError } from "./usage-error.js";
import { EXIT_INTERRUPTED } from "./exit-status.js";

interface RunFlags {
  readonly seed?: string;
  readonly policy?: string;
  readonly svg?: string;
  readonly html?: string;
  readonly csv?: string;
  readonly json?: true;
  readonly validate?: true;
}

export function registerRun(program: Command): void {
  program
    .command("run")
    .description("run a scenario: a guest, its load and its host, in virtual time")
    .argument("<file>", "a scenario in YAML or JSON, or - to read it from standard input")
    .option("--seed <number>", "seed of all random numbers, in place of the scenario's")
    .option(
      "--policy <names>",
      "policies (virtio-mem predict --help lists them) or your own module, in place of the scenario's",
    )
    .option("--html <file>", "write a page with pictures and words, which opens from disk")
    .option("--svg <file>", "draw the run to this file; - draws to standard output")
    .option("--csv <file>", "write the samples to this file; - writes to standard output")
    .option("--json", "print the result as JSON")
    .option("--validate", "check invariants and accounting after each event, as soak does; slow")
    .action(runFile);
}

/**
 * What the run would end with is left with the main thread so often: a single call of the core may
 * take seconds in a guest of many TiB, and a signal is answered within one.
 */
const LEAVE_EVERY_MS = 500;

async function runFile(path: string, flags: RunFlags): Promise<void> {
  assertInWorker();
  const started = performance.now();
  const svg = OutputFile.open(SVG, flags.svg, [path]);
  const csv = OutputFile.open(CSV, flags.csv, [path]);
  const html = OutputFile.open(HTML, flags.html, [path]);
  const files = [svg, csv, html].map(stdoutOf);
  assertOneOnStdout([flags.json === true ? "--json" : undefined, ...files]);
  const own = flags.policy === undefined ? undefined : await policyChoice(flags.policy);
  const scenario = await readScenario(path);
  const policy = own ?? (await policyOf(scenario.policy, path));
  const progress = progressLine("running");
  const answerOf = (result: ScenarioResult): string => {
    if (svg?.isStdout === true) return scenarioSvg(result);
    if (csv?.isStdout === true) return scenarioCsv(result);
    if (html?.isStdout === true) return "";
    return flags.json === true ? jsonOf(result, performance.now() - started) : wordsOf(result);
  };
  let leftMs = started;
  const options: RunScenarioOptions = {
    ...(stopFlag === undefined ? {} : { stopWhen: () => stopFlag?.isAsked === true }),
    onProgress: (state) => {
      progress.show(state);
      if (performance.now() - leftMs < LEAVE_EVERY_MS) return;
      leftMs = performance.now();
      const soFar = run.soFar();
      if (soFar === undefined) return;
      const words = `${formatDuration(soFar.endedMs)} of ${formatDuration(soFar.durationMs)}`;
      leave({ text: answerOf(soFar), words });
    },
    ...(flags.validate === true ? { validate: true } : {}),
    ...(policy === undefined ? {} : { policy }),
    ...(flags.seed === undefined ? {} : { seed: seedOf(flags.seed) }),
  };
  const run = runScenario(scenario, options);
  const result = await run.result().finally(progress.clear);
  stopFlag?.answer();
  if (result.interrupted) process.exitCode = EXIT_INTERRUPTED;
  const wallMs = performance.now() - started;
  print(answerOf(result));
  if (csv?.isStdout === false) csv.write(scenarioCsv(result));
  const isTold = flags.json !== true && files.every((flag) => flag === undefined);
  writePage(html, isTold, () => ({
    title: result.title === "" ? path : result.title,
    pictures: [scenarioSvg(result)],
    words: scenarioText(result, { columns: PAGE_COLUMNS }),
    json: scenarioJson(result, wallMs),
  }));
  if (svg?.isStdout !== false) return;
  svg.write(scenarioSvg(result));
  if (isTold) print(`\nThe picture is in ${visibleText(svg.name)}\n`);
}

function stdoutOf(file: OutputFile | undefined): string | undefined {
  return file?.isStdout === true ? file.flag : undefined;
}

function assertOneOnStdout(wanted: readonly (string | undefined)[]): void {
  const [first, second] = wanted.filter((flag) => flag !== undefined);
  if (second === undefined) return;
  throw new UsageError(`${second} must go to a file where ${first ?? ""} takes standard output`);
}

function jsonOf(result: ScenarioResult, wallMs: number): string {
  return `${JSON.stringify(scenarioJson(result, wallMs))}\n`;
}

function wordsOf(result: ScenarioResult): string {
  return scenarioText(result, { columns: terminalLook().columns });
}

/** What the scenario names; modules lie relative to its file. */
async function policyOf(names: string | undefined, path: string): Promise<Policy[] | undefined> {
  if (names === undefined) return undefined;
  if (path === "-" && names.split("+").some((name) => isModulePath(name.trim()))) {
    throw new UsageError("<file> must be a file where the scenario names a policy module, got -");
  }
  return policyChoice(names, dirname(path));
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > 0xffffffff) {
    throw new UsageError(
      `--seed must be a whole number from 0 to 4294967295, got ${shortened(text)}`,
    );
  }
  return seed;
}
