import { InputError } from "../input-error.js";

/**
 * A file of a capture cannot be used: it is missing, cut off, contradicts another one, or holds
 * something this package does not support. Nothing was changed and nothing is half read.
 *
 * @example
 * ```js
 * import { captureFilesOf, CaptureError, readCapture } from "virtio-mem-engine";
 *
 * try {
 *   await readCapture(captureFilesOf("nothing", new Map()));
 * } catch (error) {
 *   if (!(error instanceof CaptureError)) throw error;
 *   console.error(error.message); // says which file, which rule, and what was found
 * }
 * ```
 */
export class CaptureError extends InputError {
  /** The file as the capture names it. */
  readonly file: string;
  /** What in that file; empty where the file as a whole is meant. */
  readonly field: string;

  /**
   * Made by this package; callers catch it.
   *
   * @param file - The file as the capture names it.
   * @param field - What in that file; empty where the file as a whole is meant.
   * @param rule - What is expected and what was found, such as `must be a power of two, got 3`.
   * @param options - As of `Error`: the `cause`.
   */
  constructor(file: string, field: string, rule: string, options?: ErrorOptions) {
    const where = field === "" ? file : `${file}: ${field}`;
    super(`${where} ${rule}`, options);
    this.name = "CaptureError";
    this.file = file;
    this.field = field;
  }
}

/** What was found, short enough for a message. */
export function quoted(text: string): string {
  return text.length > 40 ? `${JSON.stringify(text.slice(0, 40))}...` : JSON.stringify(text);
}
