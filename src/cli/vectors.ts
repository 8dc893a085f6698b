import { Option, type Command } from "commander";

import { FramePort } from "../conformance/frames.js";
import { checkVectors, vectorLines, type CaseResult } from "../conformance/vectors.js";
import { shortened, shown } from "../input-error.js";
import { parseDuration } from "../units.js";
import { deviceFlavour, FLAVOUR_NAMES } from "../virtio-mem/device/flavour.js";
import { caseReport, REPORT_FORMATS, type ReportFormat } from "./case-report.js";
import { connectDevice, DeviceSession, startDevice } from "./device-connection.js";
import { readInput } from "./input.js";
import { OutputFile, print, VECTORS } from "./output.js";
import { UsageError } from "./usage-error.js";
import { EXIT_INTERRUPTED } from "./exit-status.js";

interface VectorFlags {
  readonly flavour: string;
  readonly random: string;
  readonly seed: string;
  readonly out?: string;
  readonly against?: string;
  readonly socket?: string;
  readonly timeout: string;
  readonly case?: readonly string[];
  readonly format: ReportFormat;
  readonly json?: boolean;
}

export function registerVectors(program: Command): void {
  program
    .command("vectors")
    .description("write requests with the answers that a device must give, or try a device on them")
    .argument("[file]", "vectors to try the device on, instead of making them")
    .addOption(
      new Option("--flavour <name>", "whose answers").choices(FLAVOUR_NAMES).default("qemu"),
    )
    .option("--random <count>", "random requests after the directed ones", "1000")
    .option("--seed <number>", "seed of the random requests", "1")
    .option("--out <file>", "where to write the vectors, if not to standard output")
    .option("--against <command>", "start a device that speaks frames over its stdin and stdout")
    .option("--socket <path>", "connect to a device that speaks frames on a Unix socket")
    .option("--timeout <time>", "how long to wait for each answer of the device", "5s")
    .option("--case <names...>", "play these cases only")
    .addOption(
      new Option("--format <name>", "of the results").choices(REPORT_FORMATS).default("text"),
    )
    .option("--json", "print one JSON line per case")
    .action(runVectors);
}

async function runVectors(file: string | undefined, flags: VectorFlags): Promise<void> {
  const out = OutputFile.open(VECTORS, flags.out, file === undefined ? [] : [file]);
  const timeoutMs = parseDuration(flags.timeout, "--timeout");
  if (timeoutMs < 1)
    throw new UsageError(`--timeout must be at least 1ms, got ${shown(flags.timeout)}`);
  const text = file === undefined ? await makeVectors(flags) : await readInput(file, "[file]");
  const { against, socket } = flags;
  if (against !== undefined) {
    await tryDevice(() => new DeviceSession(() => startDevice(against), timeoutMs), text, flags);
  } else if (socket !== undefined) {
    await tryDevice(() => new DeviceSession(() => connectDevice(socket), timeoutMs), text, flags);
  } else if (out !== undefined) {
    out.write(text);
  } else {
    print(text);
  }
}

async function makeVectors(flags: VectorFlags): Promise<string> {
  const lines: string[] = [];
  const options = {
    flavour: deviceFlavour(flags.flavour),
    random: wholeNumber("--random", flags.random),
    seed: wholeNumber("--seed", flags.seed),
  };
  for await (const line of vectorLines(options)) lines.push(line);
  return `${lines.join("\n")}\n`;
}

async function tryDevice(
  open: () => DeviceSession,
  text: string,
  flags: VectorFlags,
): Promise<void> {
  const format: ReportFormat = flags.json === true ? "json" : flags.format;
  const results: CaseResult[] = [];
  const cases = flags.case === undefined ? {} : { cases: flags.case };
  // ended early, what has run is still told
  let session: DeviceSession | undefined = undefined as DeviceSession | undefined;
  const tellAll = (): void => {
    session?.close();
    if (format !== "json") print(caseReport(results, format));
  };
  const interrupt = (): void => {
    tellAll();
    process.exit(EXIT_INTERRUPTED);
  };
  // before there is a device, which a signal would leave behind
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupt);
  session = open();
  const port = new FramePort(session.exchange);
  const { restart } = session;
  for await (const result of checkVectors(text, port, { restart, ...cases })) {
    results.push(result);
    if (format === "json") print(caseReport([result], format));
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, interrupt);
  if (results.length === 0) {
    session.close();
    const names = flags.case?.map((name) => shown(name)).join(", ") ?? "none";
    throw new UsageError(`--case must name cases of the vectors, got ${names}`);
  }
  tellAll();
  // a device that can do nothing at all has not passed
  const isPassed = results.every(({ difference }) => difference === undefined);
  if (!isPassed || results.every(({ skipped }) => skipped)) process.exitCode = 1;
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new UsageError(`${flag} must be a whole number, got ${shortened(text)}`);
  }
  return value;
}
