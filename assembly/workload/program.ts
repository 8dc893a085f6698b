// A program's memory: base pages and THPs that it has faulted in (page-fault.ts), and the page tables that map its base pages. What
// workloads of several kinds are made of.

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
import { createHolding, freeAll, freeRunAt, livePages, nrSlots, setSplitTarget } from "./page-set";
import { holdingAt, randomBelow, setHolding } from "./table";

/** Holdings that each program of a workload has. */
export const PROGRAM_HOLDINGS: u32 = 3;
export const PAGES: u32 = 0;
export const THPS: u32 = 1;
export const TABLES: u32 = 2;

export function part(at: usize, program: u32, which: u32): usize {
  return holdingAt(at, program * PROGRAM_HOLDINGS + which);
}

/** Makes the holdings of a program of up to `capacity` pages. Returns false where linear memory is exhausted. */
export function openProgram(at: usize, program: u32, capacity: u32): bool {
  const first = program * PROGRAM_HOLDINGS;
  const pages = createHolding(capacity, 0, PAGE_ANON, MIGRATE_MOVABLE, ZONE_MOVABLE);
  const nrUnits = (capacity >> PAGEBLOCK_ORDER) + 1;
  const thps = createHolding(nrUnits, PAGEBLOCK_ORDER, PAGE_THP, MIGRATE_MOVABLE, ZONE_MOVABLE);
  const tables = createHolding(nrUnits, 0, PAGE_PAGE_TABLE, MIGRATE_UNMOVABLE, ZONE_NORMAL);
  if (!setHolding(at, first, pages)) return false;
  if (!setHolding(at, first + THPS, thps) || !setHolding(at, first + TABLES, tables)) return false;
  setSplitTarget(thps, pages);
  return true;
}

/** Pages that the program has faulted in. */
export function programSize(at: usize, program: u32): u32 {
  return livePages(part(at, program, PAGES)) + livePages(part(at, program, THPS));
}

/** All pages that the program has, page tables included. */
export function programPages(at: usize, program: u32): u32 {
  return programSize(at, program) + livePages(part(at, program, TABLES));
}

/** Frees a random `chunk` of neighbours in the order of faulting, or a THP. */
export function freeSomewhere(at: usize, program: u32, chunk: u32): void {
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
export function endProgram(at: usize, program: u32): void {
  for (let which: u32 = 0; which < PROGRAM_HOLDINGS; ++which) freeAll(part(at, program, which));
}
