import { spawn } from "node:child_process";

/**
 * Runs a command in a fresh process and parses its output, one JSON value per line.
 *
 * @throws Error with its stderr if it fails.
 */
export async function jsonLines<T>(command: string, args: readonly string[]): Promise<T[]> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let complaints = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  const status = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      resolve(code ?? signal);
    });
  });
  if (status !== 0) {
    const call = [command, ...args].join(" ");
    throw new Error(`${call} ended with ${String(status)}: ${complaints.trim()}`);
  }
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}
