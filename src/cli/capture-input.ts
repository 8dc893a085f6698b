import { openArchive } from "../capture/archive.js";
import type { Capture } from "../capture/capture.js";
import { CaptureError } from "../capture/capture-error.js";
import { readCaptures, type CaptureOptions } from "../capture/read-capture.js";
import { openCapture, type OpenCaptureOptions } from "../node/index.js";
import { UsageError } from "./usage-error.js";

/** A pipe can be read once only, so all of it is kept: more than a capture of 4 TiB has. */
const MAX_PIPED_SIZE = 2 ** 30;

/**
 * A capture that the command line names: a folder, an archive, a dump, or `-` for an archive on
 * standard input. Its errors name the option that helps.
 */
export async function readForCommand(
  path: string,
  { memoryMap, ...options }: CaptureOptions & OpenCaptureOptions,
): Promise<Capture[]> {
  try {
    const opening = memoryMap === undefined ? {} : { memoryMap };
    return await readCaptures(
      path === "-" ? await pipedCapture() : await openCapture(path, opening),
      options,
    );
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    const words = error.message.replace(/\bregionStart\b/g, "--region-start");
    const folder = /must hold one capture, got \d+: ([^,]+)/.exec(words)?.[1];
    throw new UsageError(
      folder === undefined ? words : `${words}; name one, as in --folder ${folder}`,
    );
  }
}

async function pipedCapture() {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of process.stdin) {
    const bytes = piece as Uint8Array;
    size += bytes.length;
    if (size > MAX_PIPED_SIZE) {
      throw new UsageError("standard input must be an archive of at most 1 GiB, got more");
    }
    pieces.push(bytes);
  }
  if (size === 0) throw new UsageError("standard input must be an archive, got nothing");
  return openArchive("standard input", async function* read() {
    await Promise.resolve();
    yield* pieces;
  });
}
