import { PageClass } from "../core/abi.js";
import type { Guest } from "../guest/guest.js";

/** Kinds of pages that make guests alike or unlike; what is in none is free or not plugged. */
const KINDS: readonly (readonly PageClass[])[] = [
  [PageClass.Anon, PageClass.Unevictable, PageClass.LruPending],
  [PageClass.Thp],
  [PageClass.FileClean],
  [PageClass.FileDirty, PageClass.Writeback, PageClass.Shmem],
  [PageClass.Buffer],
  [PageClass.Slab],
  [PageClass.Kernel, PageClass.KernelCompound, PageClass.PageTable, PageClass.Tail],
  [PageClass.Unknown],
  [PageClass.Hugetlb],
  [PageClass.DriverMovable, PageClass.Balloon],
  [PageClass.Reserved, PageClass.Poisoned, PageClass.Contig],
];

const NOT_PLUGGED = [PageClass.Absent, PageClass.Offline, PageClass.NeverOnlined];

/**
 * Shares of the kinds of pages in a captured guest's device memory, each 0 to 1, of what is
 * plugged.
 */
export function sharesOfPages(guest: Guest): number[] {
  const pages = new Array<number>(Object.keys(PageClass).length).fill(0);
  for (const { id } of guest.zones.all()) {
    for (const [at, count] of guest.pages.countByClass(id, true).entries()) {
      pages[at] = (pages[at] ?? 0) + count;
    }
  }
  const count = (classes: readonly PageClass[]): number => {
    let sum = 0;
    for (const pageClass of classes) sum += pages[pageClass] ?? 0;
    return sum;
  };
  const plugged = pages.reduce((sum, part) => sum + part, 0) - count(NOT_PLUGGED);
  return KINDS.map((classes) =>
    plugged === 0 ? 0 : Math.round((1000 * count(classes)) / plugged) / 1000,
  );
}
