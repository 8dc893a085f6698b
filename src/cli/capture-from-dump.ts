import { basename } from "node:path";

import type { Command } from "commander";

import { CaptureError } from "../capture/capture-error.js";
import { parseMemoryMap } from "../dump/memory-map.js";
import { openDump } from "../node/open-dump.js";
import { packCapture } from "../node/pack-capture.js";
import { formatSize } from "../units.js";
import { CAPTURE, OutputFile } from "./output.js";
import { say } from "./say.js";

interface CaptureFromDumpFlags {
  readonly out?: string;
  readonly memoryMap?: string;
}

/** Adds the command that makes an exact capture of a memory dump. */
export function registerCaptureFromDump(program: Command): void {
  program
    .command("capture-from-dump")
    .description("make an exact capture of a dump of a guest's memory; the guest takes no part")
    .argument(
      "<dump>",
      "ELF core or kdump-compressed file by QEMU, libvirt or makedumpfile, or a raw image of the memory",
    )
    .option(
      "-o, --out <file>",
      "write to this file; - is standard output (default: DUMP.capture.tar.gz, here)",
    )
    .option(
      "--memory-map <parts>",
      "what a raw image has, such as 0x0,3GiB;0x100000000,5GiB (default: all from address 0 on)",
    )
    .action(runCaptureFromDump);
}

async function runCaptureFromDump(path: string, flags: CaptureFromDumpFlags): Promise<void> {
  const map =
    flags.memoryMap === undefined ? undefined : parseMemoryMap(flags.memoryMap, "--memory-map");
  const out = OutputFile.open(CAPTURE, flags.out ?? `${basename(path)}.capture.tar.gz`, [path]);
  const dump = await openDump(path, map);
  if (dump === undefined) {
    const rule = "must be a dump of a guest's memory, got something else";
    throw new CaptureError(path, "", rule);
  }
  const bytes = await packCapture(dump);
  out?.writeBytes(bytes);
  for (const note of dump.notes) say(note);
  if (out?.isStdout !== true) say(`wrote ${out?.name ?? ""} (${formatSize(bytes.length)})`);
}
