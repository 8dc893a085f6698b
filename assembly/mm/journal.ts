// The migration journal: which page went where, in order, so that an embedder can update its own
// records.
//
// Entries {u32 source, u32 target, u32 kind + (order << 8) + (page class << 16)}. Off until
// journalOpen(). When it is full further entries are counted but not kept; the reader sees more
// entries counted than there is room for.

import { ENOBUFS } from "../abi";
import { reserve } from "./reserve";
import { Pfn } from "./numbers";

export const JOURNAL_MOVED: u32 = 0;
/** The target was taken and given back: the attempt failed. */
export const JOURNAL_FAILED: u32 = 1;
/** A 2 MiB page was split; its pages follow one by one. */
export const JOURNAL_SPLIT: u32 = 2;
/** A clean file page was dropped; no target. */
export const JOURNAL_DROPPED: u32 = 3;

const ENTRY_BYTES: u32 = 12;

let base: usize = 0;
let capacity: u32 = 0;
export let journalCount: u32 = 0;

/** Opens the journal with room for `entries`. Returns 0 or -ENOBUFS. */
export function openJournal(entries: u32): i32 {
  if (entries <= capacity) return 0;
  const at = reserve(<u64>entries * ENTRY_BYTES);
  if (!at) return -ENOBUFS;
  base = at;
  capacity = entries;
  journalCount = 0;
  return 0;
}

export function clearJournal(): void {
  journalCount = 0;
}

export function journalBase(): usize {
  return base;
}

export function journalCapacity(): u32 {
  return capacity;
}

export function addJournalEntry(
  source: Pfn,
  target: Pfn,
  kind: u32,
  order: u32,
  pageClass: u32,
): void {
  if (capacity == 0) return;
  if (journalCount < capacity) {
    const at = base + <usize>journalCount * ENTRY_BYTES;
    store<u32>(at, source);
    store<u32>(at, target, 4);
    store<u32>(at, kind | (order << 8) | (pageClass << 16), 8);
  }
  ++journalCount;
}
