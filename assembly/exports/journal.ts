// The journal of moved and dropped pages.

import { EINVAL } from "../abi";
import {
  clearJournal,
  journalBase,
  journalCapacity,
  journalCount,
  openJournal,
} from "../mm/journal";
import { nrPageblocks } from "../mm/pageblock";

export function journalOpen(entries: u32): i32 {
  return nrPageblocks == 0 || entries > 1 << 26 ? -EINVAL : openJournal(entries);
}
export function journalClear(): void {
  clearJournal();
}
/** Entries noted since the last clear; more than journalSize() means that the rest was not kept. */
export function journalNoted(): u32 {
  return journalCount;
}
export function journalSize(): u32 {
  return journalCapacity();
}
export function journalAt(): u32 {
  return <u32>journalBase();
}
