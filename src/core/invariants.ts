/** Words for the codes of assembly/inspect/validate.ts. */
const INVARIANTS: readonly string[] = [
  "nothing is broken",
  "a free chunk is not aligned to its size, at pfn",
  "the head of a listed chunk does not carry its order and list, at pfn",
  "a listed chunk covers a page that is not free, at pfn",
  "list neighbours do not point at each other, at pfn",
  "the number of free chunks differs from the lists, in zone",
  "NR_FREE_PAGES differs from the lists, in zone",
  "two free buddies were not merged, at pfn",
  "a chunk is on a list of the wrong type, at pfn",
  "the counters of a pageblock differ from its pages, at pfn",
  "the number of isolated pageblocks is wrong, in zone",
  "a free page is on no list, in zone",
  "the number of LRU pages is wrong, in zone",
  "a page record is where none belongs, or missing, at",
  "a chunk crosses a zone border, at pfn",
  "the number of cached pages is wrong, in zone",
  "the number of pages waiting for the LRU is wrong:",
];

export function brokenInvariant(code: number, at: number): string {
  return `${INVARIANTS[code] ?? `broken invariant ${code}, at`} ${at}`;
}
