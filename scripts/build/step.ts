import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";

/** One step of the build: files in, files out. Paths are relative to the repository. */
export interface Step {
  readonly name: string;
  /** Steps whose outputs this one reads. */
  readonly after: readonly Step[];
  /** Files and folders that decide what comes out. */
  readonly inputs: readonly string[];
  /** Makes the outputs; the step is run again whenever an input or an output has changed. */
  run(): Promise<Output[]>;
}

export interface Output {
  readonly path: string;
  readonly content: string | Uint8Array;
  /** Can the file be run by itself? */
  readonly isProgram?: boolean;
}

const root = join(import.meta.dirname, "../..");

/** What a step left behind: a hash of what it read, and of each file it wrote. */
interface Stamp {
  readonly inputs: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * Brings `steps` and the steps before them up to date, at once where they do not need each other.
 *
 * Goes by content, never by time: no checkout, copy or edited output makes a stale file look
 * fresh. A step that fails removes its outputs, so that nothing runs against them by mistake.
 */
export async function bringUpToDate(steps: readonly Step[]): Promise<void> {
  const started = new Map<Step, Promise<void>>();
  const start = (step: Step): Promise<void> => {
    const running = started.get(step) ?? Promise.all(step.after.map(start)).then(() => make(step));
    started.set(step, running);
    return running;
  };
  const results = await Promise.allSettled(steps.map(start));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function make(step: Step): Promise<void> {
  const stampPath = join(root, "build", `${step.name}.stamp.json`);
  const old = readStamp(stampPath);
  const inputs = hashOf(step.inputs.flatMap(filesBelow));
  if (old?.inputs === inputs && isUntouched(old.outputs)) return;

  const start = performance.now();
  const oldPaths = Object.keys(old?.outputs ?? {});
  const remove = (path: string): void => {
    rmSync(join(root, path), { force: true });
  };
  try {
    const hashes: Record<string, string> = {};
    for (const { path, content, isProgram = false } of await step.run()) {
      writeWhole(join(root, path), content, isProgram ? 0o755 : 0o644);
      hashes[path] = sha256(content);
    }
    oldPaths.filter((path) => !(path in hashes)).forEach(remove);
    writeWhole(stampPath, JSON.stringify({ inputs, outputs: hashes } satisfies Stamp));
  } catch (error) {
    [...oldPaths, relative(root, stampPath)].forEach(remove);
    throw error;
  }
  console.error(`build: ${step.name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}

function readStamp(path: string): Stamp | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Stamp) : undefined;
}

function isUntouched(outputs: Stamp["outputs"]): boolean {
  return Object.entries(outputs).every(([path, hash]) => {
    const absolute = join(root, path);
    return existsSync(absolute) && sha256(readFileSync(absolute)) === hash;
  });
}

function filesBelow(path: string): string[] {
  const absolute = join(root, path);
  if (!existsSync(absolute)) return [];
  if (!statSync(absolute).isDirectory()) return [path];
  return readdirSync(absolute)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

function hashOf(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(`${path}\0${sha256(readFileSync(join(root, path)))}\n`);
  return hash.digest("hex");
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Replaces a file in one move, so that a reader next door never sees half of it. */
function writeWhole(path: string, content: string | Uint8Array, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content, { mode });
  renameSync(draft, path);
}
