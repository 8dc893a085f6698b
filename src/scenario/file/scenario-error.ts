/** A scenario that cannot be run as it is written; the message says where, what rule, and what was found. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
  /** Where in the file: `workloads[1].size`; empty for the file as a whole. */
  readonly path: string;

  constructor(file: string, path: string, rule: string) {
    super([file, path, rule].filter((part) => part !== "").join(": "));
    this.path = path;
  }
}
