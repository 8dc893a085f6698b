import { PAGEBLOCK_PAGES } from "../../../src/core/abi.js";
import type { LoadSummary } from "../../../src/core/page-loader.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import { linuxProfile, type ProfileName } from "../../../src/linux/profile.js";
import { ZoneTable } from "../../../src/linux/zone-table.js";
import { coreModule } from "../../core-under-test.js";

/** Bits of /proc/kpageflags. */
export const KPF = {
  referenced: 1n << 2n,
  uptodate: 1n << 3n,
  dirty: 1n << 4n,
  lru: 1n << 5n,
  slab: 1n << 7n,
  buddy: 1n << 10n,
  mmap: 1n << 11n,
  anon: 1n << 12n,
  swapcache: 1n << 13n,
  swapbacked: 1n << 14n,
  head: 1n << 15n,
  tail: 1n << 16n,
  huge: 1n << 17n,
  unevictable: 1n << 18n,
  thp: 1n << 22n,
  offline: 1n << 23n,
  mlocked: 1n << 33n,
  private: 1n << 35n,
} as const;

/** Words of a free pageblock, for a test to write into. */
export function freeBlock(): BigUint64Array {
  return new BigUint64Array(PAGEBLOCK_PAGES).fill(KPF.buddy);
}

/** A pageblock of folios of `1 << order` pages: the word of first pages, and that of the others. */
export function folioBlock(order: number, head: bigint, tail: bigint): BigUint64Array {
  return freeBlock().map((_, page) => (page % (1 << order) === 0 ? head : tail));
}

export interface LoadedGuest {
  readonly pages: PageMemory;
  readonly loaded: LoadSummary;
}

/** A guest of one zone with these pageblocks from pfn 0 on, in the device by default. */
export async function loadedGuest(
  blocks: readonly BigUint64Array[],
  options: {
    readonly zone?: "Normal" | "Movable";
    readonly profile?: ProfileName;
    readonly inDevice?: boolean;
    /** Extended page state of all pages. */
    readonly extended?: BigUint64Array;
    /** A sample of the guest. Default: 0, the guest itself. */
    readonly seed?: number;
    /** Before the pages are loaded, and before the load ends. */
    readonly before?: (pages: PageMemory, zone: number) => void;
    readonly after?: (pages: PageMemory, zone: number) => void;
  } = {},
): Promise<LoadedGuest> {
  const { zone: kind = "Normal", profile = "v6.1", inDevice = true, extended } = options;
  const nrPages = blocks.length * PAGEBLOCK_PAGES;
  const pages = await PageMemory.create(nrPages, linuxProfile(profile).mm, coreModule());
  const zone = new ZoneTable(pages, { minFreeLimitKib: 262_144 }).zone(kind, 0);
  options.before?.(pages, zone.id);
  const flags = new BigUint64Array(nrPages);
  for (const [index, words] of blocks.entries()) flags.set(words, index * PAGEBLOCK_PAGES);
  const bytes = (words: BigUint64Array): Uint8Array => new Uint8Array(words.buffer);
  pages.loader.loadFlags(0, zone.id, bytes(flags), extended && bytes(extended), inDevice);
  options.after?.(pages, zone.id);
  if (extended === undefined) pages.loader.classifyZone(zone.id, 0);
  const loaded = pages.loader.finishLoad(extended !== undefined, options.seed);
  return { pages, loaded };
}
