import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

import { UsageError } from "./usage-error.js";
import { reasonOf } from "./output.js";

/** Longer texts are no scenarios, vectors or request lists. */
const MAX_SIZE = 2 ** 26;

/**
 * A text file as a whole; `-` is standard input.
 *
 * @param what - what the message calls it: `<file>`, `--replay`.
 * @throws UsageError where it cannot be read, is longer than 64 MiB, or no file that ends.
 */
export async function readInput(file: string, what: string): Promise<string> {
  try {
    if (file === "-") return await textOf(process.stdin, what);
    const info = await stat(file);
    if (info.isDirectory()) throw new UsageError(`${what} must name a file, got a folder`);
    if (info.isCharacterDevice() && !file.startsWith("/dev/std")) {
      throw new UsageError(`${what} must name a file, got a device`);
    }
    return await textOf(createReadStream(file), what);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`${what} must name a file that can be read, got: ${reasonOf(cause)}`);
  }
}

async function textOf(stream: AsyncIterable<unknown>, what: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const piece of stream) {
    const bytes = piece as Uint8Array;
    size += bytes.length;
    if (size > MAX_SIZE) throw new UsageError(`${what} must have at most 64 MiB, got more`);
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}
