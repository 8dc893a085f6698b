import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

const DIST = join(import.meta.dirname, "../../dist");

export interface ProcessEnd {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
  /** All that it has said on standard error so far. */
  readonly said: () => string;
}

/** Starts `virtio-mem`, or another build of it. */
export function start(
  args: readonly string[],
  { env = {}, dist = DIST }: { env?: Record<string, string>; dist?: string } = {},
): Running {
  const child = spawn(process.execPath, [join(dist, "cli/main.js"), ...args], {
    env: { ...process.env, ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (stdout += piece));
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (stderr += piece));
  const ended = new Promise<ProcessEnd>((resolve) =>
    child.on("close", (status) => {
      resolve({ status, stdout, stderr });
    }),
  );
  return { child, ended, said: () => stderr };
}

/** Waits until something is so, and not for ever. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what} must come within a minute`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
