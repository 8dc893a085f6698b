import { AllocFlag, MmFlag, PageClass, type Migratetype } from "../../../src/core/abi.js";
import type { Core } from "../../../src/core/load.js";
import { prepareRequest } from "../../../src/core/page-request.js";
import { ZoneKindNumber } from "../../../src/core/abi.js";
import { linuxProfile, type ProfileName } from "../../../src/linux/profile.js";
import { loadCoreUnderTest } from "../../core-under-test.js";

/** An attempt does not pause. */
const NO_LIMIT = 2 ** 32 - 1;
export const BLOCK = 512;
/** Pageblocks of the pfn space; the last two are absent. */
export const NR_BLOCKS = 12;
export const NORMAL = 0;
export const MOVABLE = 1;

/** Bits of setup() for a profile. */
export function mmFlagsOf(profile: ProfileName): number {
  const { mm } = linuxProfile(profile);
  let flags = 0;
  for (const [name, bit] of Object.entries(MmFlag)) {
    if (mm[name as keyof typeof MmFlag]) flags |= bit;
  }
  return flags;
}

/** What a test may refer to, all by first pfn. */
export interface GuestUnderTest {
  readonly core: Core;
  /** A kernel page, a kernel allocation of order 3, LRU pages, a THP. */
  readonly kernel: number;
  readonly kernelOrder3: number;
  readonly anon: readonly number[];
  readonly thp: number;
  /** A pageblock taken by allocContig(), one marked offline, one isolated. */
  readonly contig: number;
  readonly offline: number;
  readonly isolated: number;
  readonly bitmap: number;
}

/**
 * A guest with something of everything: two zones of one node, pages in use and free of most kinds,
 * a pageblock taken, one unplugged, one isolated, cached pages, a journal, a bitmap.
 */
export function guestUnderTest(profile: ProfileName = "v6.1"): GuestUnderTest {
  const core = loadCoreUnderTest();
  core.setup(NR_BLOCKS, mmFlagsOf(profile));
  for (const [kind, first, nr] of [
    ["Normal", 0, 8],
    ["Movable", 8, 2],
  ] as const) {
    const zone = core.addZone(ZoneKindNumber[kind], 0);
    core.startOnline(zone, first * BLOCK, nr * BLOCK);
    core.onlinePages(first * BLOCK, nr * BLOCK);
    core.endOnline(first * BLOCK, nr * BLOCK);
  }
  core.journalOpen(1000);
  const alloc = (order: number, type: Migratetype, pageClass: PageClass, flags = 0): number => {
    const kind = "Normal";
    return core.allocPages(prepareRequest({ order, type, pageClass, kind, node: 0, flags })) >>> 0;
  };

  const kernel = alloc(0, 0, PageClass.Kernel);
  const kernelOrder3 = alloc(3, 0, PageClass.Slab);
  const anon = Array.from({ length: 200 }, () => alloc(0, 1, PageClass.Anon));
  for (const pfn of anon.splice(0, 100)) if (pfn % 2 === 1) core.freePagesOf(pfn, 0);
  const thp = alloc(9, 1, PageClass.Thp, AllocFlag.Compound);
  const [contig, offline, isolated] = [5 * BLOCK, 6 * BLOCK, 7 * BLOCK];
  core.allocContig(contig, BLOCK, NO_LIMIT);
  core.allocContig(offline, BLOCK, NO_LIMIT);
  core.markOffline(offline, BLOCK);
  if (profile !== "rfc3-seed") core.isolate(isolated, BLOCK);
  core.setCache(NORMAL, 2, 8, 60, 60);
  alloc(0, 1, PageClass.FileClean);
  const bitmap = core.createBitmap(100) >>> 0;
  return { core, kernel, kernelOrder3, anon, thp, contig, offline, isolated, bitmap };
}
