// What the counters of a captured guest say that its page flags do not: how many pages are of a
// kind. Set before pages are loaded.

import { MAX_ZONES } from "../abi";
import { ZoneNr } from "../mm/numbers";

const ZSPAGES: usize = memory.data(MAX_ZONES * 4, 4);

/** Pages of programs that are pinned for now or for good (FOLL_PIN), by the guest's counters. */
export let countedPins: u32 = 0;

/** Does REFERENCED on an anonymous page say that something touched it? Linux 7.2 has it on all. */
export let referencedTells: bool = true;

export function setPins(nrPages: u32, referenced: bool): void {
  countedPins = nrPages;
  referencedTells = referenced;
}

/** Pages of zsmalloc in a zone, by its counter (nr_zspages). */
export function zspagesOf(zone: ZoneNr): u32 {
  return load<u32>(ZSPAGES + ((<usize>zone) << 2));
}

export function setZspages(zone: ZoneNr, nrPages: u32): void {
  store<u32>(ZSPAGES + ((<usize>zone) << 2), nrPages);
}
