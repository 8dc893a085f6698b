import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Capture } from "../../src/capture/capture.js";
import { readCapture } from "../../src/capture/read-capture.js";
import { captureOf } from "../../src/check/check-guest.js";
import { openCapture } from "../../src/node/index.js";
import type { RecordedRequest } from "./recordings.js";

/**
 * What the capture script took in the recorded guest just before a request; undefined where it did
 * not run then. It took the whole guest; the device that the request was for is chosen.
 */
export async function userCaptureOf(
  root: string,
  { name, files, observation }: RecordedRequest,
): Promise<Capture | undefined> {
  const [boot = ""] = name.split("/");
  const path = join(root, boot, "user-capture.tar.gz");
  if (!existsSync(path) || !isCaptured(join(root, boot), observation.name)) return undefined;
  const { device } = await captureOf(files, observation);
  const { regionStart, blockSize } = device;
  return readCapture(await openCapture(path), { regionStart, deviceBlockSize: blockSize });
}

/** Is this the first observed step after the one that ran the script? */
function isCaptured(folder: string, observation: string): boolean {
  const meta = JSON.parse(readFileSync(join(folder, "meta.json"), "utf8")) as {
    readonly steps?: readonly (readonly unknown[])[];
  };
  const steps = meta.steps ?? [];
  const captured = steps.findIndex(([kind]) => kind === "capture");
  const next = steps.slice(captured + 1).find(([kind]) => kind === "observe");
  // a boot with one observed step has its files at the top, without a name
  return captured >= 0 && (observation === "" || next?.[1] === observation);
}
