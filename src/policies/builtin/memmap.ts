import type { Policy } from "../policy.js";

/**
 * The struct pages of an added memory block lie in its own first pages, not in older memory: 64
 * bytes for each page of 4 KiB. A guest with little memory can then grow as far as its region goes.
 */
export const MEMMAP_ON_MEMORY: Policy = {
  name: "memmap-on-memory",
  summary: "struct pages of added memory lie in itself, not in older memory",
  memmap: "added-memory",
};
