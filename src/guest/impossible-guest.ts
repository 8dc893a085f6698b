import { CaptureError } from "../capture/capture-error.js";
import type { Capture } from "../capture/capture.js";
import { KernelError } from "../core/kernel-error.js";

/**
 * Builds a guest from a capture. What its kernel could never have done, no capture of it shows: the
 * files contradict each other in a way that no rule of theirs alone has met.
 *
 * @throws CaptureError in place of a KernelError.
 */
export function buildFrom<T>(capture: Capture, build: () => T): T {
  try {
    return build();
  } catch (error) {
    throw asCaptureError(capture, error);
  }
}

/** What {@link buildFrom} throws in place of `error`. */
export function asCaptureError(capture: Capture, error: unknown): unknown {
  if (!(error instanceof KernelError)) return error;
  const rule = `must be of a guest that can be, got one that Linux refuses: ${error.message}`;
  return new CaptureError(capture.name, "", rule, { cause: error });
}
