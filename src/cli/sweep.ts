import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { Option, type Command } from "commander";

import type { Capture } from "../capture/capture.js";
import { readCapture } from "../capture/read-capture.js";
import { visibleText } from "../input-error.js";
import { captureDigest, SweepFolder } from "../node/sweep-folder.js";
import { openCapture } from "../node/index.js";
import { sweepCsv } from "../report/sweep-csv.js";
import { sweepJson } from "../report/sweep-json.js";
import { sweepMarkdown } from "../report/sweep-markdown.js";
import { sweepSvg } from "../report/sweep-svg.js";
import { sweepText } from "../report/sweep-text.js";
import { scenarioValue } from "../scenario/parse.js";
import { axisOf, parseAxis, type SweepAxis } from "../sweep/axis.js";
import { judgeSweep, type SweepFailure, type SweepResult } from "../sweep/judge.js";
import { planSweep, type SweepJob, type SweepPlan, type SweepSubject } from "../sweep/plan.js";
import { sweepSentence } from "../sweep/sentence.js";
import { isScenario } from "./compare.js";
import { captureOfScenario } from "./scenario-input.js";
import { countFlag } from "./count-flag.js";
import { engineHash } from "./engine-hash.js";
import { readInput } from "./input.js";
import { HTML, OutputFile, print, SVG } from "./output.js";
import { PAGE_COLUMNS, writePage } from "./write-page.js";
import type { HtmlPage } from "../report/html-page.js";
import { progressLine } from "./progress-line.js";
import { QueueExecutor } from "./queue-executor.js";
import { openQueue } from "./queue-redis.js";
import { say } from "./say.js";
import type { SweepExecutorOptions } from "./sweep-executor.js";
import { SweepPool } from "./sweep-pool.js";
import { shardOf } from "./sweep-shard.js";
import { terminalLook } from "./terminal.js";
import { UsageError } from "./usage-error.js";
import { EXIT_INTERRUPTED } from "./exit-status.js";
import { untilSignal } from "./until-signal.js";

interface OutputFlags {
  readonly format: "text" | "csv" | "json" | "markdown";
  readonly svg?: string;
  readonly html?: string;
}

interface SweepFlags extends OutputFlags {
  readonly vary?: readonly string[];
  readonly policies?: string;
  readonly profiles?: string;
  readonly seeds: string;
  readonly results?: string;
  readonly threads?: string;
  readonly shard?: string;
  readonly queue?: string;
  readonly yes?: true;
}

const EXIT_FAILED = 1;
const MOST_RUNS_EVER = 10_000_000;

/** @param main - The URL of the command, which the threads of a sweep run as well. */
export function registerSweep(program: Command, main: URL): void {
  const sweep = program
    .command("sweep")
    .description("run a scenario or a captured guest with many settings, and say which is best")
    .enablePositionalOptions()
    .argument("<file>", "a scenario in YAML or JSON, or a capture (folder or archive)")
    .option(
      "--vary <path=values>",
      "what to vary, such as guest.autoMovableRatio=100,301,600; may be given several times",
      (text: string, all: readonly string[] | undefined) => [...(all ?? []), text],
    )
    .option("--policies <names>", "vary the policy, such as linux,sense-first")
    .option("--profiles <names>", "vary the Linux version, such as v5.10,v6.1,v6.12")
    .option("--seeds <number>", "run each setting with so many seeds (scenarios)", "1")
    .option(
      "--results <folder>",
      "keeps every run, so that the same command goes on where it ended (default: sweep-HASH)",
    )
    .option("--threads <number>", "runs at a time (default: one per CPU)")
    .option(
      "--shard <i/n>",
      "make one of n parts only, such as 0/8; auto/8 takes the number from Slurm or Kubernetes",
    )
    .option(
      "--queue <url>",
      "leave the runs to workers at a Redis or Valkey, such as redis://127.0.0.1:6379",
    )
    .option("--yes", "run more than 10,000 runs");
  withOutput(sweep).action((path: string, flags: SweepFlags) => runSweep(path, flags, main));
  const merge = sweep
    .command("merge")
    .description("the answer of a sweep whose runs lie in one or several results folders")
    .argument("<folders...>", "results folders of the same sweep, of its shards for instance");
  withOutput(merge).action(runMerge);
}

function withOutput(command: Command): Command {
  return command
    .addOption(
      new Option("--format <name>", "how to print the table")
        .choices(["text", "csv", "json", "markdown"])
        .default("text"),
    )
    .option("--html <file>", "write a page with pictures and words, which opens from disk")
    .option("--svg <file>", "draw a heat map to this file; - draws to standard output");
}

async function runSweep(path: string, flags: SweepFlags, main: URL): Promise<void> {
  const files = openOutputs(flags, [path]);
  const nrThreads = countFlag(flags.threads, "--threads", 1024) ?? availableParallelism();
  if (flags.queue !== undefined && flags.threads !== undefined) {
    throw new UsageError("--threads must be left out with --queue, whose workers make the runs");
  }
  const shard = flags.shard === undefined ? undefined : shardOf(flags.shard, process.env);
  const { subject, start, capturePath } = await subjectOf(path);
  const plan = await planSweep(subject, {
    axes: axesOf(flags, subject.kind),
    ...(start === undefined ? {} : { start }),
    nrSeeds: countFlag(flags.seeds, "--seeds", 1000) ?? 1,
    engine: engineHash(new URL("..", main)),
    ...(flags.yes === true ? { mostRuns: MOST_RUNS_EVER } : {}),
  });
  const access = flags.queue === undefined ? undefined : await openQueue(flags.queue);
  const folder = SweepFolder.open(flags.results ?? `sweep-${plan.digest.slice(0, 8)}`, plan);
  const results = folder.results();
  const mine = plan.jobs.filter((_, at) => shard === undefined || at % shard.of === shard.index);
  const jobs = mine.filter(({ key }) => !results.has(key));
  const progress = progressLine("sweep");
  const options: SweepExecutorOptions = {
    subject,
    path: capturePath,
    onResult: ({ key }, figures) => {
      folder.write(key, figures);
      results.set(key, figures);
    },
    onProgress: (shares, nrDone) => {
      progress.show(progressOf(plan, jobs, shares, nrDone));
    },
  };
  const executor =
    access === undefined
      ? new SweepPool(plan, { ...options, main: fileURLToPath(main), nrThreads })
      : new QueueExecutor(plan, { ...options, access, say });
  await untilSignal(executor, () => executor.run(jobs)).finally(progress.clear);
  const result = judgeSweep(plan, results, inOrder(plan, executor.failures));
  printResult(result, flags, files);
  if (flags.format === "text" && !files.some((file) => file?.isStdout === true)) {
    print(`\nEvery run is in ${visibleText(folder.path)}; the same command goes on from there.\n`);
  }
  if (executor.failures.length > 0) process.exitCode = EXIT_FAILED;
  if (executor.isStopped) process.exitCode = EXIT_INTERRUPTED;
}

/** As the plan has them, in whichever order they came. */
function inOrder({ settings }: SweepPlan, failures: readonly SweepFailure[]): SweepFailure[] {
  const placeIn = new Map(settings.map((setting, at) => [setting, at]));
  const placeOf = ({ setting }: SweepFailure): number => placeIn.get(setting) ?? 0;
  return [...failures].sort((a, b) => placeOf(a) - placeOf(b) || a.seed - b.seed);
}

/** In virtual time, where it is known how long runs last. */
function progressOf(
  { durations }: SweepPlan,
  jobs: readonly SweepJob[],
  shares: ReadonlyMap<SweepJob, number>,
  nrDone: number,
) {
  const done = [...shares.values()].reduce((sum, share) => sum + share, nrDone);
  const [duration = 0] = durations;
  const isKnown = duration > 0 && durations.every((other) => other === duration);
  return isKnown
    ? { done: done * duration, total: jobs.length * duration, unit: "ms" as const }
    : { done, total: jobs.length, unit: "runs" as const };
}

interface NamedSubject {
  readonly subject: SweepSubject;
  /** The capture that a scenario begins with. */
  readonly start?: Capture;
  /** Of the capture that the subject is, or begins with. */
  readonly capturePath: string;
}

async function subjectOf(path: string): Promise<NamedSubject> {
  const capturePath = resolve(path);
  if (!(await isScenario(path))) {
    const digest = await captureDigest(await openCapture(path));
    return { subject: { kind: "capture", name: path, digest }, capturePath };
  }
  const value = scenarioValue(await readInput(path, "<file>"), path);
  const begin = captureOfScenario(value, path);
  if (begin === undefined) return { subject: { kind: "scenario", name: path, value }, capturePath };
  const files = await openCapture(begin);
  return {
    subject: { kind: "scenario", name: path, value, startDigest: await captureDigest(files) },
    start: await readCapture(files),
    capturePath: begin,
  };
}

function axesOf(flags: SweepFlags, kind: SweepSubject["kind"]): SweepAxis[] {
  const list = (text: string): string[] => text.split(",").map((name) => name.trim());
  return [
    ...(flags.vary ?? []).map(parseAxis),
    ...(flags.policies === undefined ? [] : [axisOf("policy", list(flags.policies))]),
    ...(flags.profiles === undefined
      ? []
      : [axisOf(kind === "scenario" ? "guest.profile" : "profile", list(flags.profiles))]),
  ];
}

function runMerge(paths: readonly string[], flags: OutputFlags): void {
  const files = openOutputs(flags, paths);
  const [first, ...others] = paths.map((path) => SweepFolder.read(path));
  if (first === undefined) throw new UsageError("<folders> must name a folder, got none");
  const results = first.results();
  for (const other of others) {
    if (other.plan.digest !== first.plan.digest) {
      throw new UsageError(
        `<folders> must be of one sweep, got ${visibleText(other.path)} of another`,
      );
    }
    for (const [key, figures] of other.results()) results.set(key, figures);
  }
  printResult(judgeSweep(first.plan, results), flags, files);
}

type Outputs = readonly [svg: OutputFile | undefined, html: OutputFile | undefined];

function openOutputs(flags: OutputFlags, inputs: readonly string[]): Outputs {
  return [OutputFile.open(SVG, flags.svg, inputs), OutputFile.open(HTML, flags.html, inputs)];
}

function printResult(result: SweepResult, flags: OutputFlags, [svg, html]: Outputs): void {
  const page = (): HtmlPage => ({
    title: sweepSentence(result),
    pictures: [sweepSvg(result)],
    words: sweepText(result, { columns: PAGE_COLUMNS }),
    json: sweepJson(result),
  });
  if (svg?.isStdout === true || html?.isStdout === true) {
    svg?.write(sweepSvg(result));
    writePage(html, false, page);
    return;
  }
  if (flags.format === "csv") print(sweepCsv(result));
  else if (flags.format === "json") print(`${JSON.stringify(sweepJson(result))}\n`);
  else if (flags.format === "markdown") print(sweepMarkdown(result));
  else print(sweepText(result, { columns: terminalLook().columns }));
  writePage(html, flags.format === "text", page);
  if (svg === undefined) return;
  svg.write(sweepSvg(result));
  if (flags.format === "text") print(`\nThe picture is in ${visibleText(svg.name)}\n`);
}
