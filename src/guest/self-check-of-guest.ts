import type { Capture } from "../capture/capture.js";
import { PAGE_SIZE, PageClass } from "../core/abi.js";
import { formatRoughSize, formatSize } from "../units.js";

// What Linux counts for the guest as a whole, against the page flags of all zones.

/** Kernel memory changes while the files of a capture are read: so many pages, or that share. */
const LIFE = { pages: 4096, share: 0.2 };

const COUNTED: readonly {
  readonly what: string;
  readonly counters: readonly string[];
  readonly pageClass: PageClass;
}[] = [
  {
    what: "slab",
    counters: ["nr_slab_reclaimable", "nr_slab_unreclaimable"],
    pageClass: PageClass.Slab,
  },
  { what: "page tables", counters: ["nr_page_table_pages"], pageClass: PageClass.PageTable },
];

/**
 * Where vmstat and the page flags of all zones speak of different memory, in words.
 *
 * @param counts - pages by class, by the flags.
 */
export function contradictionsWithVmstat({ vmstat }: Capture, counts: readonly number[]): string[] {
  return COUNTED.flatMap(({ what, counters, pageClass }) => {
    const values = counters.map((name) => vmstat.get(name));
    if (values.includes(undefined)) return [];
    const counted = values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    const byFlags = counts[pageClass] ?? 0;
    const slack = Math.max(LIFE.pages, LIFE.share * counted);
    if (Math.abs(byFlags - counted) <= slack) return [];
    return [
      `the page flags show ${formatRoughSize(byFlags * PAGE_SIZE)} of ${what}, vmstat counts ` +
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
