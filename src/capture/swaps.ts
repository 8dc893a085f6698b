import { CaptureError } from "./capture-error.js";
import type { CaptureSwap } from "./capture.js";
import { decimalNumber } from "./whole-number.js";

const KIB = 1024;

/**
 * Reads /proc/swaps: a line of headings, then `file type size used priority` a line, sizes in KiB.
 */
export function parseSwaps(text: string, file: string): CaptureSwap[] {
  const [, ...lines] = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => {
    // blanks in names are escaped
    const [name = "", , size = "", used = ""] = line.trim().split(/\s+/);
    const swap = {
      name,
      size: decimalNumber(size, file, "Size") * KIB,
      used: decimalNumber(used, file, "Used") * KIB,
    };
    if (swap.used <= swap.size) return swap;
    throw new CaptureError(file, "Used", `must be at most Size (${size}), got ${used}`);
  });
}
