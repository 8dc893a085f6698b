import { CaptureError } from "../capture/capture-error.js";
import type { Capture, CaptureZone } from "../capture/capture.js";
import { PAGE_SIZE, PageClass } from "../core/abi.js";
import type { FlagSurvey } from "../core/flag-survey.js";
import type { PageMemory } from "../core/page-memory.js";
import { contradictionsInFlags } from "./self-check-of-flags.js";
import { contradictionsWithVmstat } from "./self-check-of-guest.js";
import type { Zone, ZoneTable } from "../linux/zone-table.js";
import { formatCount, formatRoughSize } from "../units.js";

// A capture is read file by file while the guest runs, so counters and page flags never agree to
// the page. In recorded guests, idle and under load, they differ by a few hundred pages of a zone,
// but for those that kill programs meanwhile.

/** Up to so many pages, or that share of a zone, are the guest's life between two files. */
const LIFE = { pages: 1024, share: 0.0025 };
/** What the kernel has taken over from the firmware or a device changes rarely. */
const STEADY = { pages: 2048, share: 0.005 };
/** From here on the flags are not those of this guest. */
const HOPELESS_SHARE = 0.5;
/** Pages of the kernel that may be on their way out of ZONE_MOVABLE, or in a per-CPU queue. */
const STRAY_PAGES = 64;

/** Of programs and of files, and such that may be either. */
const ANON = [PageClass.Anon, PageClass.Thp, PageClass.Shmem, PageClass.SwapCache];
const FILE = [PageClass.FileClean, PageClass.FileDirty, PageClass.Buffer];
const EITHER = [PageClass.Writeback, PageClass.LruPending];
const KERNEL = [
  PageClass.Slab,
  PageClass.PageTable,
  PageClass.Kernel,
  PageClass.KernelCompound,
  PageClass.Memmap,
];
const NOT_MANAGED = [
  PageClass.Absent,
  PageClass.Offline,
  PageClass.NeverOnlined,
  PageClass.Reserved,
];
/** What zoneinfo counts of each, by its names. */
const LRU_COUNTERS = [
  {
    what: "of programs",
    classes: ANON,
    names: ["nr_zone_inactive_anon", "nr_zone_active_anon"],
  },
  { what: "of files", classes: FILE, names: ["nr_zone_inactive_file", "nr_zone_active_file"] },
  { what: "that is locked", classes: [PageClass.Unevictable], names: ["nr_zone_unevictable"] },
];

/** A sum of pages by flags against the same by the guest's counters. */
interface Comparison {
  readonly what: string;
  readonly byFlags: number;
  /** Anything from `low` to `high` agrees. */
  readonly low: number;
  readonly high: number;
  readonly slack: { readonly pages: number; readonly share: number };
}

/**
 * Where page flags and counters of a loaded capture speak of different memory, in words; empty
 * where they agree.
 *
 * @throws CaptureError if the flags cannot be those of the guest that the counters are of.
 */
export function contradictionsOf(
  capture: Capture,
  pages: PageMemory,
  zones: ZoneTable,
  survey: FlagSurvey,
): string[] {
  const found: string[] = [];
  const sums: number[] = [];
  for (const zone of zones.all()) {
    const captured = capture.zones.find(
      ({ kind, node }) => kind === zone.kind && node === zone.node,
    );
    if (captured === undefined) continue;
    const counts = pages.countByClass(zone.id);
    for (const [at, count] of counts.entries()) sums[at] = (sums[at] ?? 0) + count;
    for (const comparison of comparisonsOf(captured, counts)) {
      const words = contradiction(zone, captured, comparison);
      if (words !== undefined) found.push(words);
    }
    const strays = sumOf(counts, KERNEL);
    if (zone.kind === "Movable" && strays > STRAY_PAGES) found.push(strayWords(zone, strays));
  }
  return [
    ...found,
    ...contradictionsWithVmstat(capture, sums, survey),
    ...contradictionsInFlags(capture, survey),
  ];
}

function comparisonsOf(captured: CaptureZone, counts: readonly number[]): Comparison[] {
  const cached = captured.cpus.reduce((sum, { count }) => sum + count, 0);
  const all = counts.reduce((sum, count) => sum + count, 0);
  const managed = all - sumOf(counts, NOT_MANAGED);
  // what is in a cache of a CPU now may be free when the flags are read; in ZONE_MOVABLE all counts
  // as free
  const free = { low: captured.free, high: captured.free + cached, slack: LIFE };
  const comparisons: Comparison[] = [
    { what: "free", byFlags: sumOf(counts, [PageClass.Free]), ...free },
    {
      what: "managed by Linux",
      byFlags: managed,
      low: captured.managed,
      // what a balloon takes leaves the managed pages, unless it gives back at once when memory is
      // out
      high: captured.managed + sumOf(counts, [PageClass.Balloon]),
      slack: STEADY,
    },
  ];
  const either = sumOf(counts, EITHER);
  for (const { what, classes, high } of lruCounters(captured)) {
    const low = high - either;
    comparisons.push({ what, byFlags: sumOf(counts, classes), low, high, slack: LIFE });
  }
  return comparisons;
}

/** Pages on LRU lists as the zone counts them; none where it does not count all of them. */
function lruCounters({
  counters,
}: CaptureZone): { what: string; classes: readonly PageClass[]; high: number }[] {
  const found = LRU_COUNTERS.map(({ names, ...lists }) => ({
    ...lists,
    high: names.reduce((sum, name) => sum + (counters.get(name) ?? Number.NaN), 0),
  }));
  return found.some(({ high }) => Number.isNaN(high)) ? [] : found;
}

function sumOf(counts: readonly number[], classes: readonly PageClass[]): number {
  let sum = 0;
  for (const pageClass of classes) sum += counts[pageClass] ?? 0;
  return sum;
}

function contradiction(
  zone: Zone,
  { managed }: CaptureZone,
  { what, byFlags, low, high, slack }: Comparison,
): string | undefined {
  const off = Math.max(low - byFlags, byFlags - high);
  if (off <= Math.max(slack.pages, managed * slack.share)) return undefined;
  const counted = byFlags < low ? low : high;
  if (off > managed * HOPELESS_SHARE) {
    throw new CaptureError(
      "kpageflags",
      `${nameOf(zone)}, ${what}`,
      `must be about ${counted} pages as zoneinfo counts them, got ${byFlags}: ` +
        "these are not the page flags of this guest",
    );
  }
  return (
    `the page flags show ${sizeOf(byFlags)} ${what} in ${nameOf(zone)}, zoneinfo counts ` +
    `${sizeOf(counted)}: the capture contradicts itself, and the interval is wider for it`
  );
}

function strayWords(zone: Zone, strays: number): string {
  return (
    `${formatCount(strays, "page")} of ${nameOf(zone)} look like kernel memory, which cannot be ` +
    "there: they are taken for something that the flags do not show, and the interval is wider for it"
  );
}

function nameOf({ kind, node }: Zone): string {
  return `node ${node}, zone ${kind}`;
}

function sizeOf(pages: number): string {
  return formatRoughSize(pages * PAGE_SIZE);
}
