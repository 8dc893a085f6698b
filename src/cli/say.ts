import { visibleText } from "../input-error.js";

/** A line for the person who waits, beside the answer. */
export function say(words: string): void {
  process.stderr.write(`virtio-mem: ${visibleText(words)}\n`);
}
