import type { StructPageLayout } from "../struct-page.js";
import type { Btf } from "./btf.js";
import { CaptureError } from "./capture-error.js";
import { isPowerOfTwo } from "./whole-number.js";
import type { VmcoreInfo } from "./vmcoreinfo.js";

/** What struct pages of x86-64 are: as many as fit into a page, without a rest. */
const LEAST_SIZE = 32;
const MOST_SIZE = 256;
/** How many struct pages of a folio hold what is counted of the folio as a whole. */
const FOLIO_HEADS = 4;

/**
 * Where the fields of a struct page lie: as the kernel says for dump tools, and the one that it
 * leaves out there, by its types.
 *
 * @throws CaptureError where that cannot be.
 */
export function structPageLayout(
  info: VmcoreInfo,
  btf: Btf | undefined,
  file: string,
): StructPageLayout {
  const size = info.size("page");
  if (!isPowerOfTwo(size) || size < LEAST_SIZE || size > MOST_SIZE) {
    throw new CaptureError(
      file,
      "SIZE(page)",
      `must be a power of two from ${LEAST_SIZE} to ${MOST_SIZE} bytes, got ${size}`,
    );
  }
  const offset = (name: string, width: number): number => {
    const at = info.offset(`page.${name}`);
    if (at + width <= size && at % width === 0) return at;
    const rule = `must be a multiple of ${width} that ends within ${size} bytes, got ${at}`;
    throw new CaptureError(file, `OFFSET(page.${name})`, rule);
  };
  return {
    size,
    flags: offset("flags", 8),
    refCount: offset("_refcount", 4),
    mapCount: offset("_mapcount", 4),
    mapping: offset("mapping", 8),
    wholeMapCount: wholeMapCount(size, btf),
    lruBit: bit(info.constant("PG_lru"), "PG_lru", file),
    headBit: bit(Math.log2(info.constant("PG_head_mask")), "PG_head_mask", file),
  };
}

/**
 * How often a folio is mapped as a whole: since 6.2 a member of the folio, before of its second
 * struct page.
 */
function wholeMapCount(size: number, btf: Btf | undefined): number | undefined {
  const inFolio = btf?.memberOffset("folio", "_entire_mapcount");
  const inPage = btf?.memberOffset("page", "compound_mapcount");
  const at = inFolio ?? (inPage === undefined ? undefined : size + inPage);
  return at !== undefined && at >= size && at + 4 <= FOLIO_HEADS * size && at % 4 === 0
    ? at
    : undefined;
}

function bit(value: number, name: string, file: string): number {
  if (Number.isInteger(value) && value >= 0 && value < 64) return value;
  throw new CaptureError(file, `NUMBER(${name})`, `must name a bit of 64, got ${value}`);
}
