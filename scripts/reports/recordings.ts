import { readdirSync } from "node:fs";
import { join } from "node:path";

import type { CaptureFiles } from "../../src/capture/capture-files.js";
import {
  readGuestObservations,
  untilFirstRetry,
  type GuestObservation,
} from "../../src/check/guest-recording.js";
import { openCapture } from "../../src/node/index.js";

/** A recorded request, until the driver first went idle or began to wait for its retry timer. */
export interface RecordedRequest {
  /** The boot, and the step where it has several. */
  readonly name: string;
  readonly files: CaptureFiles;
  readonly observation: GuestObservation;
}

/**
 * The recorded requests below a folder, by name. Left out are those in which the host changed its
 * mind before the driver was done: a prediction has one requested size.
 */
export async function recordedRequests(root: string): Promise<RecordedRequest[]> {
  const found: RecordedRequest[] = [];
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const files = await openCapture(join(root, entry.name));
    for (const observation of await readGuestObservations(files)) {
      if (observation.changes.length > 0) continue;
      const name = join(entry.name, observation.name);
      found.push({ name, files, observation: untilFirstRetry(observation) });
    }
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
