// The owner of a page: the slot (slots.ts) that names it, so that a workload learns where its page
// now is when migration has moved it, and that it is freed when reclaim has dropped it.
//
// Nothing is kept until something moves or drops a page while a workload has any: startTracking()
// then writes the owners of all pages at once. A guest without workloads pays one test per page
// moved. Per pageblock with owned pages there are 512 u32: 0 = no owner, else the slot's id.

import { PAGEBLOCK_ORDER, PAGEBLOCK_PAGES } from "../abi";
import { ensureSlabs, nrSlabsAhead, reserve } from "./reserve";
import { PAGE_MASK } from "./page";
import { nrPageblocks } from "./pageblock";
import { Pfn, SlotId } from "./numbers";

/** Are owners kept? */
export let tracking: bool = false;
/** Linear memory could not hold the owners of some pages: they are never found again. */
export let lostOwners: u32 = 0;

let directory: usize = 0;

/**
 * Makes the directory and keeps owners from now on. Returns false where linear memory is exhausted.
 */
export function openOwners(): bool {
  if (!directory) directory = reserveMore(nrPageblocks << 2);
  tracking = directory != 0;
  return tracking;
}

/**
 * Slabs that an operation may count on, because it has made sure of them before it began: those of
 * a range of 4 GiB.
 */
const PROMISED_SLABS: u32 = 256;

/** reserve(), in the middle of an operation: takes nothing that was promised. */
export function reserveMore(bytes: u32): usize {
  if (nrSlabsAhead <= PROMISED_SLABS && !ensureSlabs(2 * PROMISED_SLABS)) return 0;
  return reserve(bytes);
}

function ownersOf(pfn: Pfn): usize {
  return load<u32>(directory + ((<usize>(pfn >> PAGEBLOCK_ORDER)) << 2));
}

export function ownerOf(pfn: Pfn): SlotId {
  const owners = ownersOf(pfn);
  return owners ? load<u32>(owners + ((<usize>(pfn & PAGE_MASK)) << 2)) : 0;
}

export function setOwner(pfn: Pfn, slotId: SlotId): void {
  let owners = ownersOf(pfn);
  if (!owners) {
    if (!slotId) return;
    owners = reserveMore(PAGEBLOCK_PAGES << 2);
    if (!owners) {
      ++lostOwners;
      return;
    }
    store<u32>(directory + ((<usize>(pfn >> PAGEBLOCK_ORDER)) << 2), <u32>owners);
  }
  store<u32>(owners + ((<usize>(pfn & PAGE_MASK)) << 2), slotId);
}
