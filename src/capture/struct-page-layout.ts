import type { StructPageLayout, StructPageLinks } from "../struct-page.js";
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
 * @param memmapBase - address of the struct page of pfn 0; without it nothing is said of links.
 * @throws CaptureError where that cannot be.
 */
export function structPageLayout(
  info: VmcoreInfo,
  btf: Btf | undefined,
  file: string,
  memmapBase?: bigint,
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
    links: memmapBase === undefined ? undefined : linksOf(info, offset, memmapBase),
  };
}

/** Since 6.11 the upper byte of the map count's field is the type of the page, as a number. */
const TYPE_MASK = 0xff00_0000;

function linksOf(
  info: VmcoreInfo,
  offset: (name: string, width: number) => number,
  base: bigint,
): StructPageLinks | undefined {
  const value = info.signedConstant("PAGE_BUDDY_MAPCOUNT_VALUE");
  if (value === undefined) return undefined;
  const freeType = value >>> 0;
  const freeMask = (freeType & ~TYPE_MASK) === 0 ? TYPE_MASK : 0xffff_ffff;
  return { lru: offset("lru", 8), order: offset("private", 8), freeType, freeMask, base };
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
