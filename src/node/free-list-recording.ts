import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import {
  parseFreeListMeta,
  parseFreeListSteps,
  RecordingError,
  type FreeListMeta,
  type FreeListStep,
} from "../check/free-list-recording.js";

/** Of steps, decompressed; recordings have a few megabytes of them. */
const MOST_BYTES = 2 ** 26;

/**
 * Reads a free-list recording: `meta.json` and `steps.jsonl.gz` (or `steps.jsonl`) of a folder.
 *
 * @throws RecordingError that says which file, and what was expected.
 */
export async function readFreeListRecording(
  path: string,
): Promise<{ steps: FreeListStep[]; meta: FreeListMeta }> {
  const text = await readFile(join(path, "steps.jsonl.gz"))
    .then((bytes) => gunzipSync(bytes, { maxOutputLength: MOST_BYTES }).toString("utf8"))
    .catch((cause: unknown) => {
      if (existsSync(join(path, "steps.jsonl.gz"))) {
        throw new RecordingError(`steps.jsonl.gz must be a gzip file, got: ${String(cause)}`);
      }
      return readFile(join(path, "steps.jsonl"), "utf8");
    })
    .catch((cause: unknown) => {
      if (cause instanceof RecordingError) throw cause;
      throw new RecordingError(`${path} must hold steps.jsonl.gz, got: ${String(cause)}`);
    });
  const metaText = await readFile(join(path, "meta.json"), "utf8").catch(() => "{}");
  return { steps: parseFreeListSteps(text), meta: parseFreeListMeta(metaText) };
}
