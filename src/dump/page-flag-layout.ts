import { CaptureError } from "../capture/capture-error.js";
import type { KernelFlagLayout } from "../struct-page.js";
import type { DumpedKernel } from "./dumped-kernel.js";

/** Bits of /proc/kpageflags (include/uapi/linux/kernel-page-flags.h) by the name of page.flags. */
const SHOWN: Readonly<Record<string, number>> = {
  PG_locked: 0,
  PG_error: 1,
  PG_referenced: 2,
  PG_uptodate: 3,
  PG_dirty: 4,
  PG_lru: 5,
  PG_active: 6,
  PG_slab: 7,
  PG_writeback: 8,
  PG_reclaim: 9,
  PG_swapcache: 13,
  PG_swapbacked: 14,
  PG_head: 15,
  PG_unevictable: 18,
  PG_hwpoison: 19,
  PG_idle: 25,
  PG_reserved: 32,
  PG_mlocked: 33,
  PG_mappedtodisk: 34,
  PG_owner_2: 34,
  PG_private: 35,
  PG_private_2: 36,
  PG_owner_priv_1: 37,
  PG_arch_1: 38,
  PG_uncached: 39,
  PG_arch_2: 41,
  PG_arch_3: 42,
};
const FLAG_BITS = 32;

/** Since 6.12 a type is the upper byte of its field, before all of it. */
const TYPE_BYTE = 0xff00_0000;
const WHOLE_FIELD = 0xffff_ffff;
const TYPE_SHIFT = 24;

/**
 * Where struct pages have what /proc/kpageflags shows: by the note, and by the types where it says
 * less.
 *
 * @throws CaptureError where they lack what no guess replaces.
 */
export function kernelFlagLayout(kernel: DumpedKernel): KernelFlagLayout {
  const { info, types } = kernel;
  const size = info.size("page");
  const buddy = typeValue(kernel, "PAGE_BUDDY_MAPCOUNT_VALUE");
  const offline = typeValue(kernel, "PAGE_OFFLINE_MAPCOUNT_VALUE");
  const isByte = (buddy & ~TYPE_BYTE) >>> 0 === 0;
  const inFolio = (member: string) => types.memberOffset("folio", member);
  const whole = inFolio("_entire_mapcount");
  const wholeOfPage = types.memberOffset("page", "compound_mapcount");
  const hasSlabType = info.text("NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)") !== undefined;
  return {
    size,
    flags: info.offset("page.flags"),
    refCount: info.offset("page._refcount"),
    type: info.offset("page._mapcount"),
    mapping: info.offset("page.mapping"),
    order: info.offset("page.private"),
    compound: info.findOffset("page.compound_info") ?? info.offset("page.compound_head"),
    wholeMapCount: whole ?? (wholeOfPage === undefined ? 0 : size + wholeOfPage),
    allMapCount: inFolio("_large_mapcount") ?? 0,
    largeBit: types.constant("PG_large_rmappable") ?? undefined,
    huge: hugeOf(kernel, size),
    typeMask: isByte ? TYPE_BYTE : WHOLE_FIELD,
    buddyType: buddy,
    offlineType: offline,
    tableType: tableType(kernel, offline),
    slabType: hasSlabType ? typeValue(kernel, "PAGE_SLAB_MAPCOUNT_VALUE") : 0,
    // 6.10 began to show the folio's flags on all its pages, and moved slab to the types soon after
    tailsShowFolio: hasSlabType,
    shown: shownBits(kernel),
  };
}

function typeValue({ info, name }: DumpedKernel, constant: string): number {
  const value = info.find(constant);
  if (value !== undefined) return value >>> 0;
  throw new CaptureError(name, `NUMBER(${constant})`, "must be in VMCOREINFO, got none");
}

/** That of page tables, which the note lacks: in the types, or the bit behind offline pages'. */
function tableType({ types }: DumpedKernel, offline: number): number {
  const byte = types.constant("PGTY_table");
  if (byte !== undefined) return (byte << TYPE_SHIFT) >>> 0;
  const bit = types.constant("PG_table") ?? ~offline << 1;
  return ~bit >>> 0;
}

function hugeOf({ info, types }: DumpedKernel, size: number): KernelFlagLayout["huge"] {
  const type = info.find("PAGE_HUGETLB_MAPCOUNT_VALUE");
  if (type !== undefined) return { by: "type", value: type >>> 0 };
  const bit = info.find("PG_hugetlb");
  if (bit !== undefined) return { by: "bit", value: bit };
  const value = info.find("HUGETLB_PAGE_DTOR");
  const at = info.findOffset("page.compound_dtor") ?? types.memberOffset("folio", "_folio_dtor");
  if (value === undefined || at === undefined) return undefined;
  return { by: "byte", value, at: at < size ? size + at : at };
}

/** Of each bit of page.flags the one of kpageflags, or undefined. */
function shownBits({ types, info, name }: DumpedKernel): (number | undefined)[] {
  const flags = types.enumOf("pageflags");
  if (flags === undefined) {
    throw new CaptureError(name, "enum pageflags", "must be in the kernel's types, got none");
  }
  const bits = new Array<number | undefined>(FLAG_BITS).fill(undefined);
  for (const [flag, shown] of Object.entries(SHOWN)) {
    const bit = flags.get(flag);
    if (bit !== undefined && bit >= 0 && bit < FLAG_BITS) bits[bit] ??= shown;
  }
  // the note tells of a few bits, too: types of another kernel would contradict it
  const lru = info.constant("PG_lru");
  if (bits[lru] !== SHOWN["PG_lru"]) {
    const rule = `must be ${lru} as the note says, got ${flags.get("PG_lru") ?? "none"}`;
    throw new CaptureError("types of the kernel (BTF)", "PG_lru", rule);
  }
  return bits;
}
