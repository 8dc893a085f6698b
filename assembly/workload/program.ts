// A program's memory: base pages and THPs that it has faulted in (page-fault.ts), and the page
// tables that map its base pages. What workloads of several kinds are made of.

import {
  MIGRATE_MOVABLE,
  MIGRATE_UNMOVABLE,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_ANON,
  PAGE_PAGE_TABLE,
  PAGE_THP,
  ZONE_MOVABLE,
  ZONE_NORMAL,
} from "../abi";
import { createPageSet, freeAll, freeRunAt, livePages, nrSlots, setSplitTarget } from "./page-set";
import { pageSetAt, randomBelow, setPageSet } from "./table";
import { PageSetAddr, WorkloadAddr } from "../mm/numbers";

/** Page sets that each program of a workload has. */
export const PROGRAM_PAGE_SETS: u32 = 3;
export const PAGES: u32 = 0;
export const THPS: u32 = 1;
export const TABLES: u32 = 2;

export function part(at: WorkloadAddr, program: u32, which: u32): PageSetAddr {
  return pageSetAt(at, program * PROGRAM_PAGE_SETS + which);
}

/**
 * Makes the page sets of a program of up to `capacity` pages. Returns false where linear memory is
 * exhausted.
 */
export function openProgram(at: WorkloadAddr, program: u32, capacity: u32): bool {
  const first = program * PROGRAM_PAGE_SETS;
  const pages = createPageSet(capacity, 0, PAGE_ANON, MIGRATE_MOVABLE, ZONE_MOVABLE);
  const nrUnits = (capacity >> PAGEBLOCK_ORDER) + 1;
  const thps = createPageSet(nrUnits, PAGEBLOCK_ORDER, PAGE_THP, MIGRATE_MOVABLE, ZONE_MOVABLE);
  const tables = createPageSet(nrUnits, 0, PAGE_PAGE_TABLE, MIGRATE_UNMOVABLE, ZONE_NORMAL);
  if (!setPageSet(at, first, pages)) return false;
  if (!setPageSet(at, first + THPS, thps) || !setPageSet(at, first + TABLES, tables)) return false;
  setSplitTarget(thps, pages);
  return true;
}

/** Pages that the program has faulted in. */
export function programSize(at: WorkloadAddr, program: u32): u32 {
  return livePages(part(at, program, PAGES)) + livePages(part(at, program, THPS));
}

/** All pages that the program has, page tables included. */
export function programPages(at: WorkloadAddr, program: u32): u32 {
  return programSize(at, program) + livePages(part(at, program, TABLES));
}

/** Frees a random `chunk` of neighbours in the order of faulting, or a THP. */
export function freeSomewhere(at: WorkloadAddr, program: u32, chunk: u32): void {
  const single = part(at, program, PAGES);
  const thps = part(at, program, THPS);
  const size = programSize(at, program);
  if (size == 0) return;
  if (randomBelow(at, size) < livePages(thps)) {
    // a THP goes as a whole, and so less often than a smaller chunk
    const goes = chunk >= PAGEBLOCK_PAGES || randomBelow(at, PAGEBLOCK_PAGES) < chunk;
    if (goes) freeRunAt(thps, randomBelow(at, nrSlots(thps)), 1);
  } else if (nrSlots(single) > 0) {
    freeRunAt(single, randomBelow(at, (nrSlots(single) + chunk - 1) / chunk), chunk);
  }
}

/** The program ends. */
export function endProgram(at: WorkloadAddr, program: u32): void {
  for (let which: u32 = 0; which < PROGRAM_PAGE_SETS; ++which) freeAll(part(at, program, which));
}
