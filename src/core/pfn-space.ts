import { PAGEBLOCK_ORDER } from "./abi.js";
import { optionError, shown } from "../input-error.js";

/** Largest pfn space: 16 TiB less 4 MiB, so that pfns never meet errnos. */
const MAX_PAGEBLOCKS = 2 ** 23 - 2;

/**
 * Pageblocks that hold the pfns 0 to `endPfn` - 1.
 *
 * @throws RangeError if they are none or too many.
 */
export function pageblocksFor(endPfn: number): number {
  const blocks = Math.ceil(endPfn / 2 ** PAGEBLOCK_ORDER);
  if (!Number.isInteger(endPfn) || endPfn <= 0 || blocks > MAX_PAGEBLOCKS) {
    throw optionError(
      `endPfn must be a whole number from 1 to ${MAX_PAGEBLOCKS * 2 ** PAGEBLOCK_ORDER} (16 TiB less 4 MiB), got ${shown(endPfn)}`,
    );
  }
  return blocks;
}
