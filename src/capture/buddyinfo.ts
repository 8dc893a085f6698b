import { CaptureError } from "./capture-error.js";
import type { CaptureFreeChunks } from "./capture.js";
import { decimalNumber } from "./whole-number.js";
import { zoneKind } from "./zone-kind.js";

/** Orders of chunks, 0 to 10. */
const NR_ORDERS = 11;

/**
 * Reads /proc/buddyinfo: free chunks by order, a zone a line.
 *
 * @throws CaptureError if a line is none, or a zone has another number of orders.
 */
export function parseBuddyinfo(text: string, file: string): CaptureFreeChunks[] {
  const zones: CaptureFreeChunks[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const [, node = "", name = "", numbers = ""] =
      /^Node\s+(\d+), zone\s+(\S+)\s+(\d.*)$/.exec(line) ?? [];
    const field = `node ${node}, zone ${name}`;
    const kind = zoneKind(name, file, "zone");
    if (kind === undefined) continue;
    const words = numbers.trim().split(/\s+/);
    if (words.length !== NR_ORDERS) {
      throw new CaptureError(file, field, `must have ${NR_ORDERS} orders, got ${words.length}`);
    }
    const freeChunks = words.map((word) => decimalNumber(word, file, field));
    zones.push({ node: decimalNumber(node, file, "node"), kind, freeChunks });
  }
  return zones;
}
