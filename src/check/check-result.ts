import { formatSize } from "../units.js";

export type AspectName =
  | "lines"
  | "requests"
  | "device-blocks"
  | "memory-blocks"
  | "retries"
  | "list-1"
  | "list-2"
  | "list-3"
  | "list-4";

/** One thing that was compared: how many of it, and how many are alike. */
export interface ComparedAspect {
  readonly name: AspectName;
  /** Of ordered lists: how many are alike from the beginning on. */
  readonly same: number;
  readonly recorded: number;
  readonly model: number;
}

/** Where model and recording first part, in words. */
export interface FirstDifference {
  /** Where: a request, a device block, a memory block, a line of a file. */
  readonly at: string;
  readonly recorded: string;
  readonly model: string;
  /** What made the model answer so, and what the recording says of it. */
  readonly why: string;
  /**
   * False where nothing that was recorded before decides it: pages that come and go, the end of
   * memory.
   */
  readonly decided: boolean;
}

/** How one observation of a recording went; docs/check.md and docs/check.schema.json. */
export interface CheckResult {
  readonly kind: "device" | "guest" | "allocation-order";
  /** Name of the recording as it was given. */
  readonly recording: string;
  /** Which part of it: a step, `boot`, or empty where it is one observation. */
  readonly observation: string;
  /** Whose behaviour the model had: a profile of Linux, or a flavour of the device. */
  readonly model: string;
  readonly agrees: boolean;
  readonly aspects: readonly ComparedAspect[];
  readonly difference: FirstDifference | null;
  /** Sizes in bytes, of guests. */
  readonly sizes?: {
    readonly requested: number;
    readonly before: number;
    readonly recorded: number;
    readonly model: number;
  };
  /** What was not compared, and why. */
  readonly notes: readonly string[];
}

export function isAlike({ same, recorded, model }: ComparedAspect): boolean {
  return same === recorded && same === model;
}

/** One observation in a line, and its first difference in more of them. */
export function checkResultText(result: CheckResult): string {
  const { recording, observation, aspects, difference, notes } = result;
  const name = observation === "" ? recording : `${recording} ${observation}`;
  const compared = aspects.filter(({ recorded, model }) => recorded + model > 0);
  const counts = (compared.length > 0 ? compared : aspects).map(aspectText).join(", ");
  const lines = [`${name}: ${result.agrees ? "agrees" : "differs"}${sizesText(result)}; ${counts}`];
  if (difference !== null) {
    lines.push(
      `  first difference: ${difference.at}`,
      `    recorded ${difference.recorded}`,
      `    model    ${difference.model}`,
      `    why      ${difference.why}`,
    );
  }
  for (const note of notes) lines.push(`  note: ${note}`);
  return `${lines.join("\n")}\n`;
}

function aspectText({ name, same, recorded, model }: ComparedAspect): string {
  const other = recorded === model ? "" : ` (model: ${model})`;
  return `${same} of ${recorded} ${name.replace("-", " ")}${other}`;
}

function sizesText({ sizes }: CheckResult): string {
  if (sizes === undefined) return "";
  const { before, requested, recorded, model } = sizes;
  const reached = recorded === requested ? "" : `, ${formatSize(recorded)} left`;
  const other = model === recorded ? "" : ` (model: ${formatSize(model)})`;
  return `; ${formatSize(before)} -> ${formatSize(requested)}${reached}${other}`;
}
