import { CaptureError } from "./capture-error.js";

/** Parses JSON. @throws CaptureError if it is none. */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CaptureError(file, "", "must be JSON, got text that does not parse", {
      cause: error,
    });
  }
}

/** Checks that `value` is a JSON object. */
export function recordOf(value: unknown, file: string, field: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CaptureError(file, field, "must be a JSON object, got something else");
  }
  return value as Record<string, unknown>;
}
