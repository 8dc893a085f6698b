import { InputError } from "../../input-error.js";

/**
 * A scenario that cannot be run as it is written; the message says where, what rule, and what was
 * found.
 *
 * @example
 * ```js
 * import { scenarioOf, ScenarioError } from "virtio-mem-engine";
 *
 * try {
 *   scenarioOf({ duration: "soon" });
 * } catch (error) {
 *   console.log(error instanceof ScenarioError); // true
 * }
 * ```
 */
export class ScenarioError extends InputError {
  /** `ScenarioError`. */
  override readonly name = "ScenarioError";
  /** Where in the file: `workloads[1].size`; empty for the file as a whole. */
  readonly path: string;

  /**
   * Made by this package; callers catch it.
   *
   * @param file - what messages call the file.
   * @param path - where in the file; empty for the file as a whole.
   * @param rule - what it must be, and what was found.
   */
  constructor(file: string, path: string, rule: string) {
    super([file, path, rule].filter((part) => part !== "").join(": "));
    this.path = path;
  }
}
