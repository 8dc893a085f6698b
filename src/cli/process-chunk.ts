import { InputError, shortened } from "../input-error.js";
import { readCapture } from "../capture/read-capture.js";
import type { Capture } from "../capture/capture.js";
import { captureDigest } from "../node/sweep-folder.js";
import { openCapture } from "../node/index.js";
import { jobKey } from "../sweep/plan.js";
import type { QueueAnswer, QueueChunk, QueueRun } from "./queue-chunk.js";
import { endOf, startOf, type SweepSource } from "./sweep-run.js";

/** After this a chunk ends with the runs that it has. */
const MOST_MS = 60_000;

/** How a chunk is worked off. */
export interface ProcessOptions {
  /** Version and build of the engine that runs. */
  readonly engine: string;
  /** Ends it with the runs that it has. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes the runs of a chunk, one after the other.
 *
 * @throws InputError where they are another engine's to make.
 */
export async function processChunk(
  chunk: QueueChunk,
  { engine, signal }: ProcessOptions,
): Promise<QueueAnswer> {
  if (chunk.engine !== engine) {
    throw new InputError(
      `a worker must be of the sweep's version ${shortened(chunk.engine)}, got ${engine}`,
    );
  }
  const started = performance.now();
  const isOver = (): boolean => signal?.aborted === true;
  const { subject } = chunk;
  const source = { subject, capture: () => captureOf(chunk) };
  const done: { key: string; figures: QueueAnswer["done"][number]["figures"] }[] = [];
  const failed: { key: string; error: string }[] = [];
  for (const run of chunk.runs) {
    // lets a signal in
    await new Promise((resolve) => setImmediate(resolve));
    if (isOver() || performance.now() - started > MOST_MS) break;
    const { key } = run;
    const end = await endOf(run, source, { stopWhen: isOver });
    if (end.type === "stopped") break;
    if (end.type === "failed") failed.push({ key, error: end.error });
    else if ((await keyHere(run, source, engine)) === key) done.push({ key, figures: end.figures });
    else failed.push({ key, error: "its worker takes it for another run" });
  }
  return { done, failed, ms: performance.now() - started };
}

/** A result is found by its key, so that must say the same here as where it was planned. */
async function keyHere(
  { setting, seed }: QueueRun,
  source: SweepSource,
  engine: string,
): Promise<string> {
  return jobKey(source.subject, setting, { seed, engine, start: await startOf(source) });
}

let last: { readonly digest: string; readonly capture: Promise<Capture> } | undefined;

/** Kept for the next chunk, which is mostly of the same sweep. */
function captureOf({ subject, path }: QueueChunk): Promise<Capture> {
  const digest = subject.kind === "capture" ? subject.digest : subject.startDigest;
  if (digest === undefined) throw new InputError("the scenario must begin with a capture");
  if (last?.digest !== digest) last = { digest, capture: captureFrom(path, digest) };
  last.capture.catch(() => (last = undefined));
  return last.capture;
}

async function captureFrom(path: string, digest: string): Promise<Capture> {
  const files = await openCapture(path);
  if ((await captureDigest(files)) !== digest) {
    throw new InputError(
      `${shortened(path)} must be the sweep's capture for each worker, got another`,
    );
  }
  return readCapture(files);
}
