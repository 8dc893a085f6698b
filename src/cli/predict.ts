import { Option, type Command } from "commander";

import type { Capture } from "../capture/capture.js";
import { parseMemoryMap } from "../dump/memory-map.js";
import type { ProfileName } from "../linux/profile.js";
import { shortened, visibleText } from "../input-error.js";
import { POLICIES } from "../policies/choice/registry.js";
import { assertWhatIfs, WHAT_IF_NAMES, type WhatIf } from "../predict/what-if.js";
import { predict, type PredictOptions } from "../predict/predict.js";
import type { Prediction } from "../predict/prediction.js";
import { outcomeOf } from "../report/fate-style.js";
import { shortSizeOf } from "../report/fleet-row.js";
import { headline } from "../report/headline.js";
import type { HtmlPage } from "../report/html-page.js";
import { predictionJson } from "../report/prediction-json.js";
import { predictionSvg } from "../report/prediction-svg.js";
import { predictionText } from "../report/prediction-text.js";
import { formatSize, parseAddress, parseDuration, parseSize } from "../units.js";
import { readForCommand } from "./capture-input.js";
import { assertInWorker, leave } from "./command-link.js";
import { HTML, OutputFile, print, SVG } from "./output.js";
import { writePage } from "./write-page.js";
import { COLOR_CHOICES, terminalLook, type ColorChoice } from "./terminal.js";
import { policyChoice } from "./policy-choice.js";
import {
  assertDifferentPaths,
  fleetAs,
  FLEET_FORMATS,
  fleetRows,
  namedCaptures,
  printFleet,
  type FleetFormat,
} from "./fleet.js";
import { predictAfter } from "./predict-after.js";
import { profileOption } from "./profile-option.js";
import { askedDevices } from "./requested-sizes.js";
import { progressLine } from "./progress-line.js";
import { UsageError } from "./usage-error.js";

interface PredictFlags {
  readonly requestedSize: string;
  readonly profile: ProfileName | "auto";
  readonly policy?: string;
  readonly samples?: string;
  readonly confidence?: string;
  readonly until?: string;
  readonly subblockSize?: string;
  readonly deviceBlockSize?: string;
  readonly regionStart?: string;
  readonly regionSize?: string;
  readonly folder?: string;
  readonly memoryMap?: string;
  readonly svg?: string;
  readonly html?: string;
  readonly color: ColorChoice;
  readonly json?: boolean;
  readonly format?: FleetFormat;
  readonly failAbove?: string;
  readonly whatIf?: string;
  readonly after?: string;
}

/** Exit status where more stays than `--fail-above` says. */
const EXIT_ABOVE = 1;

export function registerPredict(program: Command): void {
  program
    .command("predict")
    .description(
      "predict how much memory of a captured guest can be unplugged, what cannot, and why",
    )
    .argument(
      "<capture...>",
      "folder or .tar.gz made by `virtio-mem capture-script`, a recording, or a dump of a guest's memory; - reads an archive from a pipe; several, or a folder of them, make a table",
    )
    .option("--requested-size <size>", "size to request of the guest, such as 512MiB", "0")
    .addOption(profileOption("Linux version of the guest"))
    .option(
      "--policy <names>",
      `another way to unplug: policies joined by +, or your own module; policies: ${POLICIES.map(({ name }) => name).join(", ")}`,
    )
    .option(
      "--samples <number>",
      "guests to draw for the interval (default: about a second's worth)",
    )
    .option("--confidence <percent>", "how sure the interval is to be, 50 to 99 (default: 90)")
    .option("--until <time>", "go on through the driver's retries for this long, such as 10min")
    .option("--subblock-size <size>", "unit in which the driver unplugs, if not the version's own")
    .option("--device-block-size <size>", "block size of the device, if the capture does not say")
    .option(
      "--region-start <address>",
      "where the device's memory starts, if the capture does not say",
    )
    .option("--region-size <size>", "how large the device's memory is, if the capture does not say")
    .option("--folder <name>", "which capture, where the folder or archive holds several")
    .option(
      "--memory-map <parts>",
      "what a raw image of memory has, such as 0x0,3GiB;0x100000000,5GiB (default: all from address 0 on)",
    )
    .option(
      "--svg <file>",
      "draw the memory to this file; - draws to standard output, in place of the text",
    )
    .option("--html <file>", "write a page with pictures and words, which opens from disk")
    .addOption(
      new Option("--color <when>", "color the text").choices(COLOR_CHOICES).default("auto"),
    )
    .option("--json", "print the result as JSON; of several captures a line per device")
    .addOption(
      new Option("--format <name>", "print a table, a row per device, worst first").choices(
        FLEET_FORMATS,
      ),
    )
    .option(
      "--after <capture>",
      "compare with what happened: a capture from after the request, or a folder of such, named as those from before",
    )
    .option(
      "--what-if <names>",
      `say what comes back if this is done before, each by itself and all together: ${WHAT_IF_NAMES.join(", ")}`,
    )
    .option(
      "--fail-above <size>",
      "end with status 1 where a request falls short by more than this",
    )
    .action(runPredict);
}

async function runPredict(
  paths: readonly string[],
  flags: PredictFlags,
  command: Command,
): Promise<void> {
  const failAbove =
    flags.failAbove === undefined ? Infinity : parseSize(flags.failAbove, "--fail-above");
  const options = await optionsOf(flags);
  if (flags.after !== undefined) {
    const isAsked = command.getOptionValueSource("requestedSize") !== "default";
    await runAfter(paths, flags.after, { flags, options, isAsked });
    return;
  }
  const captures = namedCaptures(paths);
  const [only] = captures;
  const isFleet = captures.length > 1 || only !== paths[0] || flags.format !== undefined;
  const shortSizes =
    isFleet || only === undefined
      ? await predictFleet(captures, flags, options)
      : await predictOne(only, flags, options);
  if (process.exitCode === undefined && shortSizes.some((size) => size > failAbove)) {
    process.exitCode = EXIT_ABOVE;
  }
}

interface AfterFlags {
  readonly flags: PredictFlags;
  readonly options: PredictOptions;
  /** A requested size was given. */
  readonly isAsked: boolean;
}

async function runAfter(
  paths: readonly string[],
  after: string,
  { flags, options, isAsked }: AfterFlags,
): Promise<void> {
  const [before = "", ...others] = paths;
  if (others.length > 0) {
    throw new UsageError("--after must compare with one capture or folder, got several");
  }
  for (const [flag, value] of [
    ["--svg", flags.svg],
    ["--format", flags.format],
    ["--what-if", flags.whatIf],
  ] as const) {
    if (value !== undefined) throw new UsageError(`${flag} must be left out with --after`);
  }
  const { whatIf: _, ...asked } = options;
  await predictAfter(before, after, {
    read: (path) => readNamed(path, flags),
    options: asked,
    requestedSize: isAsked ? parseSize(flags.requestedSize, "--requested-size") : undefined,
    json: flags.json === true,
  });
}

async function optionsOf(flags: PredictFlags): Promise<PredictOptions> {
  return {
    profile: flags.profile,
    ...(flags.policy === undefined ? {} : { policy: await policyChoice(flags.policy) }),
    ...(flags.until === undefined ? {} : { untilMs: parseDuration(flags.until, "--until") }),
    ...numberOption("samples", flags.samples, "--samples"),
    ...numberOption("confidence", flags.confidence, "--confidence"),
    ...sizeOption("subblockSize", flags.subblockSize, "--subblock-size"),
    whatIf: whatIfsOf(flags.whatIf),
  };
}

/** Where none are named: what the suggestions are about. */
function whatIfsOf(text: string | undefined): readonly WhatIf[] | "suggested" {
  if (text === undefined) return "suggested";
  const names = text.split(",").map((name) => name.trim());
  assertWhatIfs(names);
  return names;
}

function readNamed(path: string, flags: PredictFlags): Promise<Capture[]> {
  return readForCommand(path, {
    ...sizeOption("deviceBlockSize", flags.deviceBlockSize, "--device-block-size"),
    ...(flags.regionStart === undefined
      ? {}
      : { regionStart: parseAddress(flags.regionStart, "--region-start") }),
    ...sizeOption("regionSize", flags.regionSize, "--region-size"),
    ...(flags.folder === undefined ? {} : { folder: flags.folder }),
    ...(flags.memoryMap === undefined
      ? {}
      : { memoryMap: parseMemoryMap(flags.memoryMap, "--memory-map") }),
  });
}

async function predictDevices(
  captures: readonly Capture[],
  { requestedSize: asked }: PredictFlags,
  options: PredictOptions,
  what: string,
): Promise<Prediction[]> {
  const progress = progressLine(what);
  const predictions: Prediction[] = [];
  for (const { capture, requestedSize } of askedDevices(captures, asked)) {
    const followed = { ...options, requestedSize, onProgress: progress.show };
    predictions.push(await predict(capture, followed).finally(progress.clear));
  }
  return predictions;
}

/** A table of several captures; returns what each device falls short by. */
async function predictFleet(
  paths: readonly string[],
  flags: PredictFlags,
  options: PredictOptions,
): Promise<number[]> {
  for (const name of ["svg", "html"] as const) {
    if (flags[name] === undefined) continue;
    throw new UsageError(`--${name} must be left out where the answer is a table`);
  }
  if (flags.json === true && flags.format !== undefined) {
    throw new UsageError("--json must be left out where there is a --format");
  }
  if (paths.length > 1 && paths.includes("-")) {
    throw new UsageError("<capture> must be files where there are several, got -");
  }
  assertDifferentPaths(paths);
  if (paths.length > 1) assertInWorker();
  const format = flags.format ?? (flags.json === true ? "jsonl" : "text");
  let at = 0;
  const rows = await fleetRows(paths, {
    read: (path) => readNamed(path, flags),
    predict: (captures) =>
      predictDevices(captures, flags, options, `capture ${++at} of ${paths.length}`),
    onRows: (soFar, done) => {
      leave({ text: fleetAs(format, soFar), words: `${done} of ${paths.length} captures` });
    },
  });
  printFleet(rows, format);
  return rows.map(({ answer }) => answer?.shortSize ?? 0);
}

/** The whole answer for one capture; returns what each of its devices falls short by. */
async function predictOne(
  path: string,
  flags: PredictFlags,
  options: PredictOptions,
): Promise<number[]> {
  const started = performance.now();
  const svg = OutputFile.open(SVG, flags.svg, [path]);
  const html = OutputFile.open(HTML, flags.html, [path]);
  const captures = await readNamed(path, flags);
  const predictions = await predictDevices(captures, flags, options, "reading page flags");
  const wallMs = performance.now() - started;
  printOne(path, predictions, { flags, svg, wallMs });
  writePage(html, flags.json !== true && svg?.isStdout !== true, () => pageOf(predictions, wallMs));
  return predictions.map(shortSizeOf);
}

function pageOf(predictions: readonly Prediction[], wallMs: number): HtmlPage {
  const isOne = predictions.length === 1;
  const json = predictions.map((prediction) => predictionJson(prediction, wallMs));
  return {
    title: predictions.map((one) => headline(one, outcomeOf(one))).join("; "),
    pictures: predictions.map((prediction) => predictionSvg(prediction)),
    words: predictions.map((one) => textOf(one, isOne, { color: "never" })).join("\n"),
    json: isOne ? json[0] : { devices: json },
  };
}

interface OneOutput {
  readonly flags: PredictFlags;
  readonly svg: OutputFile | undefined;
  readonly wallMs: number;
}

function printOne(
  path: string,
  predictions: readonly Prediction[],
  { flags, svg, wallMs }: OneOutput,
): void {
  const isOne = predictions.length === 1;
  if (svg?.isStdout === true) {
    if (!isOne)
      throw new UsageError("--svg must name a file where there are several devices, got -");
    for (const prediction of predictions) svg.write(predictionSvg(prediction));
    return;
  }
  if (flags.json === true) {
    const json = predictions.map((prediction) => predictionJson(prediction, wallMs));
    print(`${JSON.stringify(isOne ? json[0] : { devices: json })}\n`);
  } else {
    print(predictions.map((one) => textOf(one, isOne, flags)).join("\n"));
  }
  if (svg === undefined) return;
  for (const prediction of predictions) {
    const file = isOne ? svg : OutputFile.open(SVG, pictureOf(svg.name, prediction), [path]);
    file?.write(predictionSvg(prediction));
    if (flags.json !== true) print(`\nThe picture is in ${visibleText(file?.name ?? "")}\n`);
  }
}

function textOf(
  prediction: Prediction,
  isOne: boolean,
  { color, whatIf }: Pick<PredictFlags, "color" | "whatIf">,
): string {
  const look = { ...terminalLook(color), whatIf: whatIf !== undefined };
  const text = predictionText(prediction, look);
  return isOne ? text : `${visibleText(deviceLine(prediction))}\n\n${text}`;
}

function deviceLine({ device, regionStart, regionSize }: Prediction): string {
  const place = `${formatSize(regionSize)} from 0x${regionStart.toString(16)}`;
  return `Device ${device ?? "without a name"} (${place}), by itself:`;
}

/** `map-virtio0.svg` for `map.svg`. */
function pictureOf(file: string, { device, regionStart }: Prediction): string {
  const name = device ?? `0x${regionStart.toString(16)}`;
  const dot = file.lastIndexOf(".");
  return dot <= 0 ? `${file}-${name}` : `${file.slice(0, dot)}-${name}${file.slice(dot)}`;
}

function sizeOption<K extends string>(
  key: K,
  text: string | undefined,
  flag: string,
): Partial<Record<K, number>> {
  if (text === undefined) return {};
  return { [key]: parseSize(text, flag) } as Record<K, number>;
}

/** The library says what a number must be; here it has to be one. */
function numberOption<K extends string>(
  key: K,
  text: string | undefined,
  flag: string,
): Partial<Record<K, number>> {
  if (text === undefined) return {};
  if (!/^\d{1,9}$/.test(text))
    throw new UsageError(`${flag} must be a whole number, got ${shortened(text)}`);
  return { [key]: Number(text) } as Record<K, number>;
}
