import { readFile, writeFile } from "node:fs/promises";

import { Option, type Command } from "commander";

import { FramePort } from "../conformance/frames.js";
import { checkVectors, vectorLines, type CaseResult } from "../conformance/vectors.js";
import { formatCount } from "../units.js";
import { deviceFlavour, FLAVOUR_NAMES } from "../virtio-mem/device/flavour.js";
import { connectDevice, startDevice, type DeviceConnection } from "./device-connection.js";
import { UsageError } from "./usage-error.js";

interface VectorFlags {
  readonly flavour: string;
  readonly random: string;
  readonly seed: string;
  readonly out?: string;
  readonly against?: string;
  readonly socket?: string;
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
    .option("--json", "print one JSON line per case")
    .action(runVectors);
}

async function runVectors(file: string | undefined, flags: VectorFlags): Promise<void> {
  const text = file === undefined ? await makeVectors(flags) : await readText(file);
  if (flags.against !== undefined) {
    await tryDevice(startDevice(flags.against), text, flags);
  } else if (flags.socket !== undefined) {
    await tryDevice(connectDevice(flags.socket), text, flags);
  } else if (flags.out !== undefined) {
    await writeText(flags.out, text);
  } else {
    process.stdout.write(text);
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
  connection: DeviceConnection,
  text: string,
  flags: VectorFlags,
): Promise<void> {
  const port = new FramePort((frame) => connection.exchange(frame));
  const results: CaseResult[] = [];
  try {
    for await (const result of checkVectors(text, port)) {
      results.push(result);
      if (flags.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
    }
  } finally {
    connection.close();
  }
  const differing = results.filter(({ difference }) => difference !== undefined);
  if (flags.json !== true) process.stdout.write(summary(results, differing));
  if (differing.length > 0) process.exitCode = 1;
}

function summary(results: readonly CaseResult[], differing: readonly CaseResult[]): string {
  const skipped = results.filter((result) => result.skipped);
  const steps = results.reduce((sum, result) => sum + result.steps, 0);
  const agreed = results.reduce((sum, result) => sum + result.agreed, 0);
  const complete = results.length - differing.length - skipped.length;
  let text =
    `${formatCount(agreed)} of ${formatCount(steps, "step")} agree; of ` +
    `${formatCount(results.length, "case")} ${complete} complete, ${differing.length} differ, ` +
    `${skipped.length} left out\n`;
  for (const { name, difference } of differing) {
    if (difference === undefined) continue;
    text +=
      `${name}, line ${difference.line}: ${difference.request}\n` +
      `  ${difference.field}: expected ${difference.expected}, got ${difference.got}\n`;
  }
  if (skipped.length > 0) {
    text += `left out, because the device cannot do them: ${skipped.map(({ name }) => name).join(", ")}\n`;
  }
  return text;
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new UsageError(`${flag} must be a whole number, got ${text}`);
  }
  return value;
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: unknown) => {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`the vectors must be a file that can be read, got: ${found}`);
  });
}

async function writeText(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((cause: unknown) => {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--out must name a file that can be written, got: ${found}`);
  });
}
