import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");
export const EXAMPLE = join(ROOT, "examples/captures/web-server.tar.gz");

/** Builds the command, once and if it has changed. */
export function buildCommand(): void {
  const built = spawnSync("npx", ["tsx", "scripts/build/main.ts", "release", "js"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (built.status !== 0) throw new Error(`no command to test: ${built.stdout}${built.stderr}`);
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** Runs `virtio-mem`; on Unix so that nothing of it outlives a minute. */
export function virtioMem(args: readonly string[], options: { input?: Uint8Array } = {}): Ended {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, "dist/cli/main.js"), ...args],
    { encoding: "utf8", timeout: 60_000, maxBuffer: 2 ** 28, ...options },
  );
  return { status, stdout, stderr, ms: performance.now() - started };
}

/**
 * Starts `virtio-mem`, sends a signal, and tells how it ended and how long that took from the
 * signal on.
 *
 * @param when - milliseconds after the start, or a file that appears at the moment.
 */
export async function interrupted(
  args: readonly string[],
  when: number | string,
  signal: "SIGINT" | "SIGTERM" = "SIGINT",
): Promise<Ended> {
  const child = spawn(process.execPath, [join(ROOT, "dist/cli/main.js"), ...args]);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (stdout += piece));
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (stderr += piece));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  if (typeof when === "number") await sleep(when);
  else while (!existsSync(when) && child.exitCode === null) await sleep(20);
  const sent = performance.now();
  child.kill(signal);
  const status = await ended;
  return { status, stdout, stderr, ms: performance.now() - sent };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Source of a policy module that keeps the thread busy for a minute, and makes a file when it
 * begins.
 *
 * @param policy - source of the policy, which calls `getStuck()`.
 */
export function stuckPolicy(policy: string, file: string): string {
  return `
import { writeFileSync } from "node:fs";
const busy = (ms) => { for (const end = Date.now() + ms; Date.now() < end;); };
const getStuck = () => { writeFileSync(${JSON.stringify(file)}, ""); busy(60_000); };
export default { name: "stuck", summary: "is busy for a minute", ${policy} };
`;
}

/** A folder that is gone when `use` is done. */
export async function inFolder<T>(use: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "virtio-mem-test-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
