import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Runs a Node program to its end; an error carries all that it printed. */
export function runNode(args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  if (status !== 0) {
    throw new Error(`node ${args.join(" ")} ended with ${String(status)}\n${stdout}${stderr}`);
  }
  return stdout;
}

/** The program behind a command of a development dependency. */
export function binOf(command: string): string {
  return join(import.meta.dirname, "../../node_modules/.bin", command);
}
