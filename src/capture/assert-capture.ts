import { optionTypeError, shown } from "../input-error.js";

/**
 * @throws TypeError where it is something else than what readCapture() gives; a file name, most
 * likely.
 */
export function assertCapture(capture: unknown): void {
  const isCapture =
    typeof capture === "object" && capture !== null && "device" in capture && "zones" in capture;
  if (isCapture) return;
  throw optionTypeError(
    `capture must be what readCapture() gives (await readCapture(await openCapture(path))), got ${shown(capture)}`,
  );
}

/**
 * @throws TypeError where it is something else than what openCapture() and captureFilesOf() give.
 */
export function assertCaptureFiles(files: unknown): void {
  const isFiles =
    typeof files === "object" &&
    files !== null &&
    "names" in files &&
    "open" in files &&
    typeof files.names === "function" &&
    typeof files.open === "function";
  if (isFiles) return;
  throw optionTypeError(
    `files must be what openCapture() or captureFilesOf() gives, got ${shown(files)}`,
  );
}
