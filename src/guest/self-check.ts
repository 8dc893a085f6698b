import { CaptureError } from "../capture/capture-error.js";
import type { Capture, CaptureZone } from "../capture/capture.js";
import { PAGE_SIZE, PageClass } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import { contradictionsWithVmstat } from "./self-check-of-guest.js";
import type { Zone, ZoneTable } from "../linux/zone-table.js";
import { formatCount, formatRoughSize } from "../units.js";

// A capture is read file by file while the guest runs, so counters and page flags never agree to
// the page. In recorded guests, idle and under load, they differ by less than a hundredth of a
// zone.

/** Up to so many pages, or that share of a zone, are the guest's life between two files. */
const LIFE = { pages: 4096, share: 0.05 };
/** What the kernel has taken over from the firmware or a device changes rarely. */
const STEADY = { pages: 2048, share: 0.005 };
/** From here on the flags are not those of this guest. */
const HOPELESS_SHARE = 0.5;
/** Pages of the kernel that may be on their way out of ZONE_MOVABLE, or in a per-CPU queue. */
const STRAY_PAGES = 64;

const FREE = [PageClass.Free, PageClass.Cached];
const LRU = [
  PageClass.Anon,
  PageClass.Thp,
  PageClass.Shmem,
  PageClass.FileClean,
  PageClass.FileDirty,
  PageClass.Writeback,
  PageClass.Buffer,
  PageClass.Unevictable,
  PageClass.LruPending,
  PageClass.SwapCache,
];
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
const LRU_COUNTERS = [
  "nr_zone_inactive_anon",
  "nr_zone_active_anon",
  "nr_zone_inactive_file",
  "nr_zone_active_file",
  "nr_zone_unevictable",
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
export function contradictionsOf(capture: Capture, pages: PageMemory, zones: ZoneTable): string[] {
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
  return [...found, ...contradictionsWithVmstat(capture, sums)];
}

function comparisonsOf(captured: CaptureZone, counts: readonly number[]): Comparison[] {
  const cached = captured.cpus.reduce((sum, { count }) => sum + count, 0);
  const all = counts.reduce((sum, count) => sum + count, 0);
  const managed = all - sumOf(counts, NOT_MANAGED);
  const free = { low: captured.free, high: captured.free + cached, slack: LIFE };
  const comparisons: Comparison[] = [
    { what: "free", byFlags: sumOf(counts, FREE), ...free },
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
  const lru = LRU_COUNTERS.map((name) => captured.counters.get(name));
  if (lru.every((count) => count !== undefined)) {
    const sum = lru.reduce((total, count) => total + count, 0);
    comparisons.push({
      what: "of programs and files",
      byFlags: sumOf(counts, LRU),
      low: sum,
      high: sum,
      slack: LIFE,
    });
  }
  return comparisons;
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
