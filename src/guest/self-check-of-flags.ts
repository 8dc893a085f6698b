import type { Capture } from "../capture/capture.js";
import { PAGE_SIZE } from "../core/abi.js";
import type { FlagSurvey } from "../core/flag-survey.js";
import { formatCount, formatRoughSize } from "../units.js";

// What single page flags give away when they are not those of the guest, though their sums are
// right: free chunks, words that no page has, map counts, kernel memory all over the place.

/** Pages may change while the kernel prints their flags. */
const TORN_PAGES = 16;
/** Free chunks come and go between two files: so many pages, or that share of the free ones. */
const CHUNK_LIFE = { pages: 4096, share: 0.01 };
/** Programs map and unmap between two files: so many pages, or that share of those mapped. */
const MAP_LIFE = { pages: 1024, share: 0.02 };
/** The kernel prints no more chunks of an order than that, and no number where there are more. */
const MOST_COUNTED = 100_000;
/**
 * In recorded guests no more pageblocks have objects of the kernel than it has set aside. Where
 * memory was short for long, some others do, too.
 */
const SPREAD = { pageblocks: 8, share: 0.1 };

/** Where the page flags of a capture cannot all be this guest's, in words. */
export function contradictionsInFlags(capture: Capture, survey: FlagSurvey): string[] {
  return [
    ...impossibleWords(survey),
    ...wrongChunks(capture, survey),
    ...wrongMaps(survey),
    ...spreadKernel(capture, survey),
  ];
}

function impossibleWords({ impossible, loneTails }: FlagSurvey): string[] {
  const pages = impossible + loneTails;
  if (pages <= TORN_PAGES) return [];
  return [
    `${formatCount(pages, "page")} have flags that no page of Linux can have: the page flags are ` +
      "damaged, and the interval is wider for it",
  ];
}

/** Free chunks say more than their sum: a page in the middle of one breaks it. */
function wrongChunks({ pageTypes, zones }: Capture, { freeChunks }: FlagSurvey): string[] {
  if (pageTypes === undefined) return [];
  const counted = freeChunks.map(() => 0);
  let isOpen = false;
  for (const chunks of pageTypes.flatMap((types) => [...types.freeChunks.values()])) {
    for (const [order, count] of chunks.entries()) {
      counted[order] = (counted[order] ?? 0) + count;
      if (count >= MOST_COUNTED) isOpen = true;
    }
  }
  const cached = zones.flatMap(({ cpus }) => cpus).reduce((sum, { count }) => sum + count, 0);
  let [byFlags, byCounter] = [0, 0];
  const free = pagesIn(counted);
  const slack = Math.max(CHUNK_LIFE.pages, CHUNK_LIFE.share * free);
  for (let order = counted.length - 1; order >= 0; order--) {
    byFlags += (freeChunks[order] ?? 0) * 2 ** order;
    byCounter += (counted[order] ?? 0) * 2 ** order;
    const isMore = !isOpen && byFlags > byCounter + cached + slack;
    if (!isMore && byFlags >= byCounter - slack) continue;
    const size = formatRoughSize(2 ** order * PAGE_SIZE);
    return [
      `the page flags show ${formatRoughSize(byFlags * PAGE_SIZE)} free in chunks of at least ${size}, ` +
        `pagetypeinfo counts ${formatRoughSize(byCounter * PAGE_SIZE)}: the capture contradicts ` +
        "itself, and the interval is wider for it",
    ];
  }
  return [];
}

function pagesIn(chunks: readonly number[]): number {
  return chunks.reduce((sum, count, order) => sum + count * 2 ** order, 0);
}

function wrongMaps({ mapDifferences, mapped }: FlagSurvey): string[] {
  if (mapDifferences <= Math.max(MAP_LIFE.pages, MAP_LIFE.share * mapped)) return [];
  return [
    `${formatCount(mapDifferences, "page")} are mapped by programs according to kpageflags or to ` +
      "kpagecount, but not to both: the capture contradicts itself, and the interval is wider for it",
  ];
}

function spreadKernel({ pageTypes }: Capture, { kernelPageblocks }: FlagSurvey): string[] {
  if (pageTypes === undefined) return [];
  let [all, movable] = [0, 0];
  for (const [type, count] of pageTypes.flatMap(({ pageblocks }) => [...pageblocks])) {
    all += count;
    if (type === "Movable") movable += count;
  }
  const setAside = all - movable;
  if (kernelPageblocks <= setAside * (1 + SPREAD.share) + SPREAD.pageblocks) return [];
  return [
    `kernel memory lies in ${formatCount(kernelPageblocks, "pageblock")} by the page flags, and the ` +
      `kernel has set ${formatCount(setAside, "pageblock")} aside for it by pagetypeinfo: either it ` +
      "ran out of memory, or the flags are damaged; the interval is wider",
  ];
}
