import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { Option, type Command } from "commander";

import type { DeviceGeometry } from "../conformance/device-port.js";
import { OwnDevicePort } from "../conformance/own-device-port.js";
import { StepPlayer } from "../conformance/play-step.js";
import { parseRecordedGeometry, type RecordedGeometry } from "../conformance/recorded-geometry.js";
import { requestLines, type Answered } from "../conformance/request-line.js";
import { parseAddress, parseSize } from "../units.js";
import { deviceFlavour, FLAVOUR_NAMES } from "../virtio-mem/device/flavour.js";
import { readInput } from "./input.js";
import { progressLine } from "./progress-line.js";
import { serveDevice } from "./device-server.js";
import { UsageError } from "./usage-error.js";

interface DeviceFlags {
  readonly replay?: string;
  readonly serve?: string;
  readonly flavour: string;
  readonly json?: boolean;
  readonly regionStart?: string;
  readonly regionSize?: string;
  readonly deviceBlockSize?: string;
}

export function registerDevice(program: Command): void {
  program
    .command("device")
    .description("play requests to the modelled device, or offer it to another program")
    .option("--replay <file>", "JSON Lines of requests, such as requests.jsonl of a recording")
    .option("--serve <where>", "take requests as bytes: `stdio`, or the path of a Unix socket")
    .addOption(
      new Option("--flavour <name>", "whose device it is").choices(FLAVOUR_NAMES).default("qemu"),
    )
    .option("--region-start <address>", "where its memory starts, if meta.json does not say")
    .option("--region-size <size>", "how large its memory is, if meta.json does not say")
    .option("--device-block-size <size>", "unit in which it plugs, if meta.json does not say")
    .option("--json", "print the result as JSON; it does so anyway")
    .action(runDevice);
}

async function runDevice(flags: DeviceFlags): Promise<void> {
  if (flags.replay !== undefined) await replay(flags.replay, flags);
  else if (flags.serve !== undefined) await serve(flags.serve, flags);
  else throw new UsageError("device must have --replay or --serve, got neither");
}

/**
 * Plays requests, and prints each answer as soon as there are some of them: a long list can be
 * stopped, and need not fit into memory as answers. All of it is checked before the first is
 * played.
 */
async function replay(file: string, flags: DeviceFlags): Promise<void> {
  const text = await readInput(file, "--replay");
  const recorded = await recordedGeometry(join(dirname(file), "meta.json"));
  const port = new OwnDevicePort(deviceFlavour(flags.flavour), geometryOf(flags, recorded));
  // parsed twice: kept, the steps of 64 MiB would take 300 MiB
  let total = 0;
  for (const { line } of requestLines(text)) total = line;
  const progress = progressLine("playing");
  const player = new StepPlayer(port);
  let output = "";
  try {
    for (const { line, step } of requestLines(text)) {
      const played = player.play(step);
      const answered = played instanceof Promise ? await played : played;
      if (answered === undefined) {
        throw new UsageError(`line ${line}: this device cannot do that`);
      }
      output += `${JSON.stringify(port.device.needsReset ? withNeedsReset(answered) : answered)}\n`;
      if (output.length < PRINT_SIZE) continue;
      await printAll(output);
      output = "";
      progress.show({ done: line, total });
    }
  } finally {
    progress.clear();
    await printAll(output);
  }
}

/** Characters that are printed at once. */
const PRINT_SIZE = 2 ** 16;

/** Prints, and waits for who reads it. */
async function printAll(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}

async function serve(where: string, flags: DeviceFlags): Promise<void> {
  const flavour = deviceFlavour(flags.flavour);
  const port = new OwnDevicePort(flavour, geometryOf(flags, {}));
  await serveDevice(port, where);
}

function withNeedsReset({ cfg, ...rest }: Answered): Answered {
  return { ...rest, needsReset: true, ...(cfg === undefined ? {} : { cfg }) };
}

/** What the recording beside a request list says of its device; nothing where there is none. */
async function recordedGeometry(file: string): Promise<Partial<RecordedGeometry>> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return {};
  const geometry = parseRecordedGeometry(text);
  if (geometry === undefined) throw new UsageError(`${file} must be JSON, got something else`);
  return geometry;
}

const GiB = 1024n ** 3n;
const DEFAULT_GEOMETRY: DeviceGeometry = {
  addr: 4n * GiB,
  regionSize: 4n * GiB,
  blockSize: 2n * 1024n ** 2n,
};

function geometryOf(flags: DeviceFlags, recorded: Partial<RecordedGeometry>): DeviceGeometry {
  const size = (text: string | undefined, flag: string): bigint | undefined =>
    text === undefined ? undefined : BigInt(parseSize(text, flag));
  const { regionStart, regionSize, deviceBlockSize } = flags;
  return {
    addr:
      (regionStart === undefined
        ? recorded.addr
        : BigInt(parseAddress(regionStart, "--region-start"))) ?? DEFAULT_GEOMETRY.addr,
    regionSize:
      size(regionSize, "--region-size") ?? recorded.regionSize ?? DEFAULT_GEOMETRY.regionSize,
    blockSize:
      size(deviceBlockSize, "--device-block-size") ??
      recorded.blockSize ??
      DEFAULT_GEOMETRY.blockSize,
  };
}
