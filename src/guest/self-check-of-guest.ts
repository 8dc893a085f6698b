import type { Capture } from "../capture/capture.js";
import { PAGE_SIZE, PageClass } from "../core/abi.js";
import type { FlagSurvey } from "../core/flag-survey.js";
import { formatRoughSize, formatSize } from "../units.js";

// What Linux counts for the guest as a whole, against the page flags of all zones.

interface Counted {
  readonly what: string;
  readonly counters: readonly string[];
  readonly byFlags: (counts: readonly number[], survey: FlagSurvey) => number;
  /** How much less and more the flags may show, as shares of what is counted. */
  readonly less: number;
  readonly more: number;
  /** As many pages at least may be less or more. */
  readonly pages: number;
}

const COUNTED: readonly Counted[] = [
  {
    what: "slab",
    counters: ["nr_slab_reclaimable", "nr_slab_unreclaimable"],
    byFlags: (counts) => counts[PageClass.Slab] ?? 0,
    // large kmalloc() counts as slab and has no flag
    less: 0.4,
    more: 0.02,
    pages: 1024,
  },
  {
    what: "page tables",
    counters: ["nr_page_table_pages"],
    byFlags: (counts) => counts[PageClass.PageTable] ?? 0,
    less: 0.1,
    more: 0.1,
    pages: 512,
  },
  {
    what: "mapped anonymous memory",
    counters: ["nr_anon_pages"],
    byFlags: (_, { mappedAnon }) => mappedAnon,
    less: 0.0025,
    more: 0.0025,
    pages: 1024,
  },
  {
    what: "dirty file data",
    counters: ["nr_dirty", "nr_writeback"],
    byFlags: (counts) => counts[PageClass.FileDirty] ?? 0,
    less: 1,
    more: 0.1,
    pages: 1024,
  },
];

/**
 * Where vmstat and the page flags of all zones speak of different memory, in words.
 *
 * @param counts - pages by class, by the flags.
 */
export function contradictionsWithVmstat(
  { vmstat }: Capture,
  counts: readonly number[],
  survey: FlagSurvey,
): string[] {
  return COUNTED.flatMap(({ what, counters, byFlags, less, more, pages }) => {
    const values = counters.map((name) => vmstat.get(name));
    if (values.includes(undefined)) return [];
    const counted = values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    const found = byFlags(counts, survey);
    const slack = Math.max(pages, counted * (found < counted ? less : more));
    if (Math.abs(found - counted) <= slack) return [];
    return [
      `the page flags show ${formatRoughSize(found * PAGE_SIZE)} of ${what}, vmstat counts ` +
        `${formatRoughSize(counted * PAGE_SIZE)}: the capture contradicts itself, and the interval is ` +
        "wider for it",
    ];
  });
}

/**
 * Is less plugged by the page flags than the host asked for last? The guest may have failed to take
 * it, or pages that are offline for another reason, as those of a balloon are, count as unplugged.
 */
export function contradictionsWithLog({ device }: Capture, pluggedSize: number): string[] {
  const { requestedSize, pluggedRuns: known } = device;
  if (known !== undefined || requestedSize === undefined || pluggedSize >= requestedSize) return [];
  return [
    `by its log the driver was asked for ${formatSize(requestedSize)}, the page flags show ` +
      `${formatSize(pluggedSize)} plugged: either the guest could not take it all, or pages count as ` +
      "unplugged that are not, and the interval is wider for it",
  ];
}
