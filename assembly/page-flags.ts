// From what a guest says of a page to its class (contig-range.md section 11, Linux 6.1).

import {
  HOLD_AGAIN,
  HOLD_PINNED,
  PAGE_ABSENT,
  PAGE_ANON,
  PAGE_BALLOON,
  PAGE_BUFFER,
  PAGE_DRIVER_MOVABLE,
  PAGE_FILE_CLEAN,
  PAGE_FILE_DIRTY,
  PAGE_FREE,
  PAGE_HUGETLB,
  PAGE_KERNEL,
  PAGE_KERNEL_COMPOUND,
  PAGE_LRU_PENDING,
  PAGE_NEVER_ONLINED,
  PAGE_OFFLINE,
  PAGE_PAGE_TABLE,
  PAGE_POISONED,
  PAGE_RESERVED,
  PAGE_SHMEM,
  PAGE_SLAB,
  PAGE_THP,
  PAGE_UNEVICTABLE,
  PAGE_UNKNOWN,
  PAGE_WRITEBACK,
} from "./abi";
import { stateByte } from "./page-class";

// Bits of /proc/kpageflags.
const LOCKED: u64 = 1 << 0;
const REFERENCED: u64 = 1 << 2;
const UPTODATE: u64 = 1 << 3;
const DIRTY: u64 = 1 << 4;
const LRU: u64 = 1 << 5;
const SLAB: u64 = 1 << 7;
const WRITEBACK: u64 = 1 << 8;
const BUDDY: u64 = 1 << 10;
const MMAP: u64 = 1 << 11;
const ANON: u64 = 1 << 12;
const SWAPBACKED: u64 = 1 << 14;
const COMPOUND: u64 = (1 << 15) | (1 << 16);
const HUGE: u64 = 1 << 17;
const UNEVICTABLE: u64 = 1 << 18;
const HWPOISON: u64 = 1 << 19;
const NOPAGE: u64 = 1 << 20;
const THP: u64 = 1 << 22;
const OFFLINE: u64 = 1 << 23;
const ZERO_PAGE: u64 = 1 << 24;
const PGTABLE: u64 = 1 << 26;
const RESERVED: u64 = 1 << 32;
const PRIVATE: u64 = 1 << 35;

/** State byte of a page by its kpageflags word. `inDevice`: the page lies in the device's region. */
export function stateByFlags(flags: u64, inDevice: bool, inMovableZone: bool): u32 {
  if (flags & NOPAGE) return PAGE_ABSENT;
  if (flags & BUDDY) return PAGE_FREE;
  if (flags & OFFLINE) {
    if (!inDevice) return PAGE_BALLOON;
    return flags & (DIRTY | RESERVED) ? PAGE_NEVER_ONLINED : PAGE_OFFLINE;
  }
  if (flags & HWPOISON) return PAGE_POISONED;
  if (flags & (RESERVED | ZERO_PAGE)) return PAGE_RESERVED;
  if (flags & SLAB) return PAGE_SLAB;
  if (flags & PGTABLE) return PAGE_PAGE_TABLE;
  if (flags & HUGE) return PAGE_HUGETLB;
  if (flags & THP) return PAGE_THP;
  if (flags & COMPOUND) return PAGE_KERNEL_COMPOUND;
  if (flags & LRU) return lruState(flags, inMovableZone);
  if (flags & (ANON | MMAP | SWAPBACKED)) return PAGE_LRU_PENDING;
  if (flags & (UPTODATE | REFERENCED | DIRTY | LOCKED)) return PAGE_KERNEL;
  return PAGE_UNKNOWN;
}

function lruState(flags: u64, inMovableZone: bool): u32 {
  if (flags & UNEVICTABLE) return PAGE_UNEVICTABLE;
  if (flags & WRITEBACK) return PAGE_WRITEBACK;
  if (flags & ANON) return PAGE_ANON;
  if (flags & SWAPBACKED) return PAGE_SHMEM;
  // a dirty page with buffers outside ZONE_MOVABLE: file system metadata, whose referenced buffers do not move
  if (!inMovableZone && flags & PRIVATE && flags & DIRTY) return stateByte(PAGE_BUFFER, HOLD_AGAIN);
  return flags & DIRTY ? PAGE_FILE_DIRTY : PAGE_FILE_CLEAN;
}

// Bits of the extended page state ("pgx") of the recordings.
const X_REFS: u64 = 0xfff;
const X_MAPS_SHIFT: u64 = 12;
const X_ONLINE: u64 = 1 << 32;
const X_LRU: u64 = 1 << 34;
const X_MOVABLE_OPS: u64 = 1 << 37;
const X_COMPOUND: u64 = (1 << 40) | (1 << 41);
const X_ANON: u64 = 1 << 42;

/** State byte of a page by flags and extended state: adds pins and what the flags leave open. */
export function stateByExtended(
  flags: u64,
  extended: u64,
  inDevice: bool,
  inMovableZone: bool,
): u32 {
  const state = stateByFlags(flags, inDevice, inMovableZone);
  if (!(extended & X_ONLINE)) return state;
  if (extended & X_MOVABLE_OPS) return PAGE_DRIVER_MOVABLE;
  const refs = <u32>(extended & X_REFS);
  const maps = <u32>((extended >> X_MAPS_SHIFT) & X_REFS);
  if (state == PAGE_UNKNOWN && refs > 0) return PAGE_KERNEL;
  if (state == PAGE_ANON && extended & X_LRU && extended & X_ANON && !(extended & X_COMPOUND)) {
    return refs > maps ? stateByte(PAGE_ANON, HOLD_PINNED) : state;
  }
  return state;
}

/** Migratetype of the page's pageblock by its extended state. */
export function typeByExtended(extended: u64): u32 {
  return (<u32>(extended >> 28)) & 15;
}
