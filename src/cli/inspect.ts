import type { Command } from "commander";

import type { ProfileName } from "../linux/profile.js";
import { Guest } from "../guest/guest.js";
import { inspectGuest, type Inspection } from "../guest/inspection.js";
import { inspectionText } from "../report/inspection-text.js";
import { runScenario } from "../scenario/run.js";
import { parseDuration } from "../units.js";
import { readForCommand } from "./capture-input.js";
import { print } from "./output.js";
import { profileOption } from "./profile-option.js";
import { readScenario } from "./scenario-input.js";
import { UsageError } from "./usage-error.js";

interface InspectFlags {
  readonly at?: string;
  readonly profile: ProfileName | "auto";
  readonly folder?: string;
  readonly json?: boolean;
}

/** Files that are scenarios; all else is a capture. */
const SCENARIO = /\.(ya?ml|json)$/i;

export function registerInspect(program: Command): void {
  program
    .command("inspect")
    .description(
      "show the page allocator of a captured guest, or of a scenario's: free chunks and lists, pageblocks, pages by class",
    )
    .argument("<file>", "a capture, as of predict, or a scenario (.yaml, .yml, .json)")
    .option("--at <time>", "of a scenario: when to look, such as 90s (default: its end)")
    .addOption(profileOption("Linux version of a captured guest"))
    .option("--folder <name>", "which capture, where the folder or archive holds several")
    .option("--json", "print the result as JSON, with all chunks of all lists")
    .action(runInspect);
}

async function runInspect(path: string, flags: InspectFlags): Promise<void> {
  const inspection = SCENARIO.test(path)
    ? await inspectScenario(path, flags)
    : await inspectCapture(path, flags);
  print(flags.json === true ? `${JSON.stringify(inspection)}\n` : inspectionText(inspection, path));
}

async function inspectCapture(path: string, flags: InspectFlags): Promise<Inspection> {
  if (flags.at !== undefined) {
    throw new UsageError("--at must go with a scenario: a capture is of one moment");
  }
  const [capture] = await readForCommand(path, {
    ...(flags.folder === undefined ? {} : { folder: flags.folder }),
  });
  if (capture === undefined)
    throw new UsageError(`<file> must hold a capture, got none in ${path}`);
  return inspectGuest(await Guest.fromCapture(capture, { profile: flags.profile }));
}

async function inspectScenario(path: string, { at }: InspectFlags): Promise<Inspection> {
  const scenario = await readScenario(path);
  const durationMs = at === undefined ? scenario.durationMs : parseDuration(at, "--at");
  if (durationMs > scenario.durationMs) {
    throw new UsageError(
      `--at must be within the scenario's ${scenario.durationMs / 1000} s, got ${at ?? ""}`,
    );
  }
  let guest: Guest | undefined;
  const watch = (watched: Guest): void => {
    guest = watched;
  };
  await runScenario({ ...scenario, durationMs }, { watch }).result();
  if (guest === undefined) throw new Error("a scenario has a guest");
  return inspectGuest(guest);
}
