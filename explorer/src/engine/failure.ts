import { isInputError } from "../../../src/input-error.js";
import { outOfMemory } from "../../../src/out-of-memory.js";
import type { Failure } from "./protocol.js";

/** An error in the words of the command line. */
export function failureOf(error: unknown): Failure {
  if (error instanceof DOMException && error.name === "AbortError") {
    return { words: "stopped", kind: "stopped" };
  }
  if (isInputError(error)) return { words: error.message, kind: "input" };
  const memory = outOfMemory(error);
  if (memory !== undefined) return { words: memory, kind: "memory" };
  const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { words: `something went wrong in the engine: ${words}`, kind: "bug" };
}
