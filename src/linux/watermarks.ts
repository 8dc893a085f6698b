import { PAGEBLOCK_PAGES } from "../core/abi.js";

// Watermarks and lowmem reserves as Linux sets them (`__setup_per_zone_wmarks()`,
// `setup_per_zone_lowmem_reserve()`, v6.1). Pages unless a name says KiB.

const KIB_PER_PAGE = 4;
/** Mobility types that khugepaged's recommendation counts: UNMOVABLE, MOVABLE, RECLAIMABLE. */
const MOBILITY_TYPES = 3;
const MIN_FREE_KIB = 128;
/** watermark_scale_factor, in 1/10000 of the zone. */
const SCALE_FACTOR = 10;
/** Bounds of the min watermark that ZONE_MOVABLE has of its own, in pages. */
const OWN_MIN = { least: 32, most: 128 } as const;
/** Ratios of the lowmem reserve by zone index DMA, DMA32, Normal. */
const RESERVE_RATIOS = [256, 256, 32] as const;

/** Watermarks of a zone in pages, without boost. */
export interface Watermarks {
  /** Below it only privileged requests are served. */
  readonly min: number;
  /** Below it kswapd is woken. */
  readonly low: number;
  /** Where kswapd stops. */
  readonly high: number;
}

export interface WatermarkZone {
  /** Zone index as Linux numbers it: 0 DMA, 1 DMA32, 2 Normal, 3 Movable. */
  readonly index: number;
  /** A zone with none, or miscounted below 0, has no say. */
  readonly managed: number;
  /** Those that it has had so far. */
  readonly watermarks: Pick<Watermarks, "high">;
}

/**
 * min_free_kbytes that Linux computes for these zones; with transparent huge pages khugepaged asks
 * for more.
 *
 * @param limitKib - upper clamp: 262144 from v5.8 on, 65536 before.
 */
export function minFreeKib(zones: readonly WatermarkZone[], limitKib: number): number {
  let pages = 0;
  let kernelZones = 0;
  for (const { index, managed, watermarks } of zones) {
    if (index > 2 || managed <= 0) continue;
    pages += Math.max(0, managed - watermarks.high);
    kernelZones++;
  }
  const base = Math.floor(Math.sqrt(pages * KIB_PER_PAGE * 16));
  const clamped = Math.min(Math.max(base, MIN_FREE_KIB), limitKib);
  const recommended =
    Math.min(
      PAGEBLOCK_PAGES * kernelZones * (2 + MOBILITY_TYPES * MOBILITY_TYPES),
      Math.floor(pages / 20),
    ) * KIB_PER_PAGE;
  return Math.max(clamped, recommended);
}

/**
 * The marks of one zone, without boost.
 *
 * @param sharing - managed pages of all zones that share min_free_kbytes.
 * @param ownMin - has the zone a min watermark of its own, outside of min_free_kbytes? Its
 *   distances follow its share all the same.
 */
export function watermarksOf(
  managed: number,
  sharing: number,
  minFree: number,
  ownMin = false,
): Watermarks {
  const pages = Math.floor(minFree / KIB_PER_PAGE);
  const share = Math.floor((pages * managed) / Math.max(1, sharing));
  const distance = Math.max(Math.floor(share / 4), Math.floor((managed * SCALE_FACTOR) / 10000));
  const min = ownMin ? ownMinOf(managed) : share;
  return { min, low: min + distance, high: min + 2 * distance };
}

/**
 * The min watermark that ZONE_MOVABLE has where min_free_kbytes leaves it out
 * (__setup_per_zone_wmarks(), v6.6 on).
 */
export function ownMinOf(managed: number): number {
  return Math.min(Math.max(Math.floor(managed / 1024), OWN_MIN.least), OWN_MIN.most);
}

/**
 * Pages of zone `index` kept from requests, by the highest zone of the request; by the managed
 * pages of the node's zones.
 */
export function lowmemReserves(managed: ArrayLike<number>, index: number): number[] {
  const reserves = [0, 0, 0, 0];
  const ratio = RESERVE_RATIOS[index];
  if (ratio === undefined || (managed[index] ?? 0) === 0) return reserves;
  let above = 0;
  for (let highest = index + 1; highest < reserves.length; highest++) {
    above += managed[highest] ?? 0;
    reserves[highest] = Math.floor(above / ratio);
  }
  return reserves;
}
