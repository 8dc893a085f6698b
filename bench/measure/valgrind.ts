import { spawnSync } from "node:child_process";

/** What a program and valgrind said. */
export interface ValgrindOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command to its end under a tool of valgrind.
 *
 * @throws Error where there is no valgrind, or the command fails.
 */
export function underValgrind(
  flags: readonly string[],
  command: readonly string[],
): ValgrindOutput {
  const { stdout, stderr, status, error } = spawnSync("valgrind", [...flags, ...command], {
    encoding: "utf8",
  });
  if (error !== undefined) throw new Error(`valgrind must be there: ${error.message}`);
  if (status !== 0) throw new Error(`${command.join(" ")} failed: ${stderr.slice(-2000)}`);
  return { stdout, stderr };
}
