import type { PageMemory } from "../core/page-memory.js";
import { ZONE_KINDS, type ZoneKind } from "../core/zone-kind.js";
import type { MmProfile } from "./profile.js";
import { lowmemReserves, minFreeKib, watermarksOf, type Watermarks } from "./watermarks.js";
import { optionError, shown } from "../input-error.js";

/** Zone index as Linux numbers it, for marks and reserves. */
const LINUX_INDEX: Readonly<Record<ZoneKind, number>> = {
  DMA: 0,
  DMA32: 1,
  Normal: 2,
  PreferMovable: 2,
  Movable: 3,
};

/** A zone and its accounting. Pages and pfns. */
export interface Zone {
  /** Index in the core. */
  readonly id: number;
  /** Which zone. */
  readonly kind: ZoneKind;
  /**
   * Index as Linux numbers it (`enum zone_type` on x86-64): DMA 0, DMA32 1, Normal 2, Movable 3.
   */
  readonly index: number;
  /** NUMA node. */
  readonly node: number;
  /**
   * Pages that Linux counts as handed to the allocator. Less than 0 is possible in the version
   * whose driver miscounts (see MemoryAccounting); Linux itself then has a huge number.
   */
  managed: number;
  /** Pages of online memory blocks, plugged or not. */
  present: number;
  /** Present pages at boot, for the auto-movable policy. */
  bootPresent: number;
  /** First and last page but one, holes included; equal while it has none. */
  spanStart: number;
  /** First pfn after the last page; equal to spanStart while it has none. */
  spanEnd: number;
  /** End of its boot memory as a pfn; 0 where it has none. */
  bootEnd: number;
  /** Its watermarks, without boost. */
  watermarks: Watermarks;
}

export interface ZoneTableOptions {
  readonly minFreeLimitKib: number;
  /**
   * The min watermark of ZONE_MOVABLE: its share of min_free_kbytes, or one of its own. Default:
   * its share.
   */
  readonly movableMin?: MmProfile["movableMin"];
}

/** The zones of a guest, as plain data. */
export interface ZoneTableState {
  /** In the order of their index in the core. */
  readonly zones: readonly Zone[];
  readonly totalRam: number;
  readonly fixedMinFreeKib: number | null;
}

/**
 * The zones of a guest with their accounting: managed and present pages, watermarks, lowmem
 * reserves. The core holds the watermarks that allocation tests; this table computes them, as Linux
 * does, whenever a memory block comes or goes.
 */
export class ZoneTable {
  readonly #pages: PageMemory;
  readonly #zones: Zone[] = [];
  readonly #limitKib: number;
  readonly #movableMin: MmProfile["movableMin"];
  /** Total RAM in pages: what all zones together have got, as Linux counts it. */
  totalRam = 0;
  /** min_free_kbytes as set by hand; undefined where Linux computes it. */
  #fixedMinFreeKib: number | undefined;

  /** @internal */
  constructor(pages: PageMemory, options: ZoneTableOptions) {
    this.#pages = pages;
    this.#limitKib = options.minFreeLimitKib;
    this.#movableMin = options.movableMin ?? "share";
  }

  /**
   * An empty table with the rules of a version.
   *
   * @internal
   */
  static of(pages: PageMemory, { minFreeLimitSize, movableMin }: MmProfile): ZoneTable {
    return new ZoneTable(pages, { minFreeLimitKib: minFreeLimitSize / 1024, movableMin });
  }

  /** The same accounting once more, for another guest in the same core. */
  copy(): ZoneTable {
    const copy = new ZoneTable(this.#pages, {
      minFreeLimitKib: this.#limitKib,
      movableMin: this.#movableMin,
    });
    copy.load(this.save());
    return copy;
  }

  /** What {@link load} of a new table takes. @internal */
  save(): ZoneTableState {
    return {
      zones: this.#zones.map((zone) => ({ ...zone })),
      totalRam: this.totalRam,
      fixedMinFreeKib: this.#fixedMinFreeKib ?? null,
    };
  }

  /** Takes over the accounting of zones that the core has already; this table is new. @internal */
  load({ zones, totalRam, fixedMinFreeKib }: ZoneTableState): void {
    for (const zone of zones) this.#zones.push({ ...zone });
    this.totalRam = totalRam;
    this.#fixedMinFreeKib = fixedMinFreeKib ?? undefined;
  }

  /** All zones, in the order in which they were made. */
  all(): readonly Zone[] {
    return this.#zones;
  }

  /**
   * The zone of that kind and node; undefined where there is none.
   *
   * @param kind - Kind of zone.
   * @param node - NUMA node.
   */
  find(kind: ZoneKind, node: number): Zone | undefined {
    for (const zone of this.#zones) if (zone.kind === kind && zone.node === node) return zone;
    return undefined;
  }

  /**
   * The zone of that kind and node; made where there is none.
   *
   * @param kind - Kind of zone.
   * @param node - NUMA node, 0 to 15.
   */
  zone(kind: ZoneKind, node: number): Zone {
    const known = this.find(kind, node);
    if (known !== undefined) return known;
    const id = this.#pages.addZone(kind, node);
    const watermarks = { min: 0, low: 0, high: 0 };
    const empty = { managed: 0, present: 0, bootPresent: 0, spanStart: 0, spanEnd: 0, bootEnd: 0 };
    const zone: Zone = { id, kind, index: LINUX_INDEX[kind], node, ...empty, watermarks };
    this.#zones.push(zone);
    return zone;
  }

  /**
   * The zone with this index in the core.
   *
   * @param id - {@link Zone.id}.
   * @throws RangeError if there is no such zone.
   */
  byId(id: number): Zone {
    const zone = this.#zones[id];
    if (zone === undefined) throw optionError(`zone must be a known zone, got ${shown(id)}`);
    return zone;
  }

  /**
   * Takes over watermarks that a guest had, boost included.
   *
   * @param zone - One of this table's.
   * @param watermarks - In pages, without the boost.
   * @param boost - Pages that `watermark_boost` adds to each (`boost_watermark()`, v5.0 and later).
   */
  adoptWatermarks(zone: Zone, watermarks: Watermarks, boost: number): void {
    zone.watermarks = watermarks;
    const { min, low, high } = watermarks;
    this.#pages.setWatermarks(zone.id, min + boost, low + boost, high + boost);
  }

  /**
   * After all watermarks were adopted: finds out whether they are Linux's own. Where they are not,
   * min_free_kbytes was set by hand, and it stays what it is.
   */
  settleMinFree(): void {
    const sharing = this.#zones.filter((zone) => !this.#hasOwnMin(zone));
    const total = sharing.reduce((sum, zone) => sum + zone.watermarks.min, 0) * 4;
    const computed = minFreeKib(this.#zones, this.#limitKib);
    const sameAsComputed = Math.abs(total - computed) <= computed / 50 + 4 * sharing.length;
    this.#fixedMinFreeKib = sameAsComputed || total === 0 ? undefined : total;
    this.renewReserves();
  }

  /** Computes watermarks and reserves again: a memory block came online or went offline. */
  recompute(): void {
    const minFree = this.#fixedMinFreeKib ?? minFreeKib(this.#zones, this.#limitKib);
    let sharing = 0;
    for (const zone of this.#zones) {
      if (!this.#hasOwnMin(zone)) sharing += Math.max(0, zone.managed);
    }
    for (const zone of this.#zones) {
      const managed = Math.max(0, zone.managed);
      zone.watermarks = watermarksOf(managed, sharing, minFree, this.#hasOwnMin(zone));
      this.#pages.setWatermarks(
        zone.id,
        zone.watermarks.min,
        zone.watermarks.low,
        zone.watermarks.high,
      );
    }
    this.renewReserves();
  }

  #hasOwnMin({ kind }: Zone): boolean {
    return kind === "Movable" && this.#movableMin === "own";
  }

  /** Computes the lowmem reserves again, by the managed pages as they are now. */
  renewReserves(): void {
    let node: number | undefined;
    let managed: readonly number[] = [];
    for (const zone of this.#zones) {
      if (zone.node !== node) managed = this.#managedOf((node = zone.node));
      const reserves = lowmemReserves(managed, zone.index);
      for (const kind of ZONE_KINDS) {
        this.#pages.setLowmemReserve(zone.id, kind, reserves[LINUX_INDEX[kind]] ?? 0);
      }
    }
  }

  /**
   * Pages that can go before the guest has less free than the high watermarks of its kernel zones
   * ask for, together: requests of the kernel fall back from zone to zone, but for what zones keep
   * from them. Those of ZONE_MOVABLE count whole, as no request of the kernel waits for them. Less
   * than 0 where the guest has less already.
   */
  pagesAboveMarks(): number {
    let above = 0;
    for (const { id, kind, index, node, watermarks } of this.#zones) {
      const free = this.#pages.freePages(id);
      const kept = lowmemReserves(this.#managedOf(node), index)[LINUX_INDEX.Movable] ?? 0;
      above += Math.max(0, free - kept) - (kind === "Movable" ? 0 : watermarks.high);
    }
    return above;
  }

  /** Managed pages of a node by Linux index. */
  #managedOf(node: number): number[] {
    const managed = [0, 0, 0, 0];
    for (const zone of this.#zones) {
      if (zone.node !== node) continue;
      managed[zone.index] = (managed[zone.index] ?? 0) + Math.max(0, zone.managed);
    }
    return managed;
  }
}
