import { optionError, shortened } from "../input-error.js";

/** A value of a setting, as a scenario file has it. */
export type SweepValue = string | number | boolean;

/** What is varied: a key of the scenario or option of the capture, and the values it takes. */
export interface SweepAxis {
  /** `guest.autoMovableRatio`, `workloads.database.size`, `devices[1].blockSize`. */
  readonly path: string;
  /** At least one, all different. */
  readonly values: readonly SweepValue[];
}

/**
 * An axis as the command line names it: `device.blockSize=2MiB,128MiB`.
 *
 * @param text - A path, `=`, and values between commas.
 * @throws RangeError where there is no path or no value, or a value twice.
 *
 * @example
 * ```js
 * import { parseAxis } from "virtio-mem-engine";
 *
 * console.log(parseAxis("guest.autoMovableRatio=100,301").values); // [ 100, 301 ]
 * ```
 */
export function parseAxis(text: string): SweepAxis {
  const at = text.indexOf("=");
  const path = text.slice(0, Math.max(0, at)).trim();
  if (path === "") {
    throw optionError(
      `--vary must be a path and values, such as device.blockSize=2MiB,4MiB, got ${shortened(text)}`,
    );
  }
  const words = text
    .slice(at + 1)
    .split(",")
    .map((word) => word.trim());
  return axisOf(path, words);
}

/**
 * An axis of values in words: numbers and `true` or `false` are such, all else is text.
 *
 * @param path - What is varied.
 * @param words - Its values.
 * @throws RangeError where one is empty, or there twice.
 */
export function axisOf(path: string, words: readonly string[]): SweepAxis {
  const empty = words.includes("") || words.length === 0;
  if (empty) throw optionError(`--vary ${shortened(path)} must have values, got an empty one`);
  const twice = words.find((word, at) => words.indexOf(word) !== at);
  if (twice !== undefined) {
    throw optionError(
      `--vary ${shortened(path)} must have different values, got ${shortened(twice)} twice`,
    );
  }
  return { path, values: words.map(valueOf) };
}

function valueOf(word: string): SweepValue {
  if (word === "true" || word === "false") return word === "true";
  return /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : word;
}

/** The last part of a path, by which tables call it, where that is the only one of the name. */
export function shortNames(axes: readonly SweepAxis[]): string[] {
  const last = axes.map(({ path }) => path.slice(path.lastIndexOf(".") + 1));
  return last.map((name, at) =>
    last.indexOf(name) === last.lastIndexOf(name) ? name : (axes[at]?.path ?? name),
  );
}
