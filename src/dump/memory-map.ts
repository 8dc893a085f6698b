import { optionError, shown } from "../input-error.js";
import { formatSize, PAGE_SIZE, parseAddress, parseSize } from "../units.js";
import type { MemoryRange } from "./physical-memory.js";

/**
 * Reads where the parts of a raw image lie in the guest, in the order in which the file has them:
 * addresses with a size each, `0x0,3GiB 0x100000000,5GiB`.
 *
 * @throws RangeError if a part is malformed.
 */
export function parseMemoryMap(text: string, name: string): MemoryRange[] {
  return text
    .trim()
    .split(/[\s;]+/)
    .map((part) => {
      const [address = "", size = "", ...rest] = part.split(",");
      if (size === "" || rest.length > 0) {
        const rule = `${name} must be parts such as 0x100000000,5GiB with spaces between`;
        throw optionError(`${rule}, got ${shown(part)}`);
      }
      const start = parseAddress(address, name);
      const bytes = parseSize(size, name);
      if (start % PAGE_SIZE !== 0 || bytes % PAGE_SIZE !== 0 || bytes === 0) {
        const found = `${address} with ${formatSize(bytes)}`;
        throw optionError(`${name} must be whole pages of 4 KiB, got ${found}`);
      }
      return { start, end: start + bytes };
    });
}
