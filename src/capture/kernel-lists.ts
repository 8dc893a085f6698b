import type { Btf } from "./btf.js";
import { CaptureError } from "./capture-error.js";
import { MIGRATETYPES, migratetypesOf, type KernelMigratetype } from "./kernel-migratetypes.js";
import { readPageblockTypes } from "./pageblock-types.js";
import { KernelReader } from "./kernel-reader.js";
import type { KernelSources } from "./kernel-sources.js";

/** A list of pages in the kernel: both of its ends, by pfn. Empty lists are left out. */
export interface KernelList {
  /** Order of its chunks. */
  readonly order: number;
  /** Their type. */
  readonly type: KernelMigratetype;
  /** First pfn of the chunk at its head; 2^32 - 1 where that is no page. */
  readonly first: number;
  /** First pfn of the chunk at its tail; 2^32 - 1 where that is no page. */
  readonly last: number;
}

/** A per-CPU cache of free pages of a zone. */
export interface KernelCache {
  /** Number of the CPU. */
  readonly cpu: number;
  /** Pages, as it counts them. */
  readonly count: number;
  /** Pages that it keeps at most. */
  readonly high: number;
  /** The least that it tunes `high` to; undefined before 6.7. */
  readonly highMin: number | undefined;
  /** The most that it tunes `high` to; undefined before 6.7. */
  readonly highMax: number | undefined;
  /** Pages that move between cache and buddy at once. */
  readonly batch: number;
  /** Its lists that have pages. */
  readonly lists: readonly KernelList[];
}

/** Zones with RAM. */
export type KernelZoneKind = "DMA" | "DMA32" | "Normal" | "Movable";

/** A zone as the kernel describes it to itself. */
export interface KernelZone {
  /** NUMA node. */
  readonly node: number;
  /** Zone. */
  readonly kind: KernelZoneKind;
  /** Free chunks by order, as it counts them. */
  readonly nrFree: readonly number[];
  /** Its free lists that have chunks. */
  readonly lists: readonly KernelList[];
  /** Per-CPU caches, one for each CPU that has one. */
  readonly caches: readonly KernelCache[];
}

/** The kernel's free memory as it lies in its memory. */
export interface KernelLists {
  /** Zones that the kernel has, in its order, node by node. */
  readonly zones: readonly KernelZone[];
  /** Type of each pageblock from pfn 0 on, as `Migratetype` numbers them; 5: CMA; 255: not
   * known. */
  readonly pageblockTypes: Uint8Array;
  /** Pages on their way to an LRU list, by pfn: in the batch of some CPU. */
  readonly batches: readonly number[];
  /** What could not be read, in words. */
  readonly notes: readonly string[];
}

const NR_ORDERS = 11;
const MOST_ZONES = 8;
const MOST_CPUS = 8192;
const MOST_BATCH = 64;
const MOST_STRUCT = 2 ** 24;
/** Types that have caches: MIGRATE_PCPTYPES. */
const CACHED_TYPES = 3;
const LOW_ORDERS = 4;
const PAGEBLOCK_ORDER = 9;

/**
 * Reads what says where free pages are: zones with their free lists and per-CPU caches, types of
 * pageblocks, LRU-add batches. Where the fields lie is said by the kernel itself.
 *
 * The lists are not followed here: their links are in the struct pages.
 *
 * @throws CaptureError where zones cannot be read. What else cannot is left out, with a note.
 */
export async function readKernelLists(sources: KernelSources): Promise<KernelLists> {
  const notes: string[] = [];
  const reader = new ListReader(sources);
  const zones = await reader.zones();
  const withCaches = await attempt(notes, "caches of CPUs", zones, () => reader.caches(zones));
  const empty = new Uint8Array(0);
  const pageblockTypes = await attempt(notes, "types of pageblocks", empty, () =>
    readPageblockTypes(sources),
  );
  const batches = await attempt(notes, "LRU-add batches", [], () => reader.batches());
  const read = withCaches.map(({ zone }) => zone);
  return { zones: read, pageblockTypes, batches, notes };
}

/** What cannot be read is left out, and said. */
async function attempt<T>(
  notes: string[],
  what: string,
  otherwise: T,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    notes.push(`${what} are not known: ${error.message}`);
    return otherwise;
  }
}

/** A zone, and where it lies. */
interface PlacedZone {
  readonly address: bigint;
  readonly zone: KernelZone;
}

class ListReader {
  readonly #from: KernelSources;
  readonly #reader: KernelReader;
  readonly #migratetypes: readonly (KernelMigratetype | undefined)[];
  readonly #structSize: number;
  readonly #linkAt: number;
  #offsets: Promise<readonly bigint[]> | undefined;

  constructor(from: KernelSources) {
    this.#from = from;
    this.#reader = new KernelReader(from.memory);
    this.#migratetypes = migratetypesOf(from.types, from.file);
    this.#structSize = from.info.size("page");
    this.#linkAt = from.info.offset("page.lru");
  }

  async zones(): Promise<PlacedZone[]> {
    const { info, nodes } = this.#from;
    const size = this.#bounded("SIZE(zone)", info.size("zone"), MOST_STRUCT);
    const zonesAt = info.offset("pglist_data.node_zones");
    const nrZonesAt = info.offset("pglist_data.nr_zones");
    const kinds = zoneKinds(this.#from.types, this.#from.file);
    const zones: PlacedZone[] = [];
    for (const node of nodes) {
      const address = await this.#nodeAddress(node);
      const nrZones = await this.#reader.i32(address + BigInt(nrZonesAt));
      if (nrZones < 1 || nrZones > MOST_ZONES) {
        this.#reject(`node ${node}`, `must have 1 to ${MOST_ZONES} zones, got ${nrZones}`);
      }
      for (let index = 0; index < nrZones; index++) {
        const kind = kinds[index];
        const at = address + BigInt(zonesAt + index * size);
        if (kind !== undefined) {
          zones.push({ address: at, zone: await this.#zone(at, size, node, kind) });
        }
      }
    }
    return zones;
  }

  async #nodeAddress(node: number): Promise<bigint> {
    const { info } = this.#from;
    const table = info.symbol("node_data");
    if (table !== undefined) return this.#pointer(table + BigInt(node * 8));
    const only = info.symbol("contig_page_data");
    if (only !== undefined && node === 0) return only;
    return this.#reject("SYMBOL(node_data)", "must be an address, got nothing");
  }

  async #zone(
    address: bigint,
    size: number,
    node: number,
    kind: KernelZoneKind,
  ): Promise<KernelZone> {
    const { info, types } = this.#from;
    const areasAt = info.offset("zone.free_area");
    const areaSize = info.size("free_area");
    const orders = info.length("zone.free_area");
    const listAt = info.offset("free_area.free_list");
    const nrTypes = info.length("free_area.free_list");
    const countAt = types.memberOffset("free_area", "nr_free") ?? areaSize - 8;
    if (orders !== NR_ORDERS) {
      this.#reject("LENGTH(zone.free_area)", `must be ${NR_ORDERS} orders, got ${orders}`);
    }
    if (nrTypes > MIGRATETYPES.length) {
      this.#reject("LENGTH(free_area.free_list)", `must be at most 6 lists, got ${nrTypes}`);
    }
    if (Math.max(listAt + nrTypes * 16, countAt + 8) > areaSize) {
      this.#reject("SIZE(free_area)", `must hold its ${nrTypes} lists, got ${areaSize} bytes`);
    }
    if (areasAt + orders * areaSize > size) {
      this.#reject("SIZE(zone)", `must hold its free areas, got ${size} bytes`);
    }
    const bytes = await this.#reader.view(address, size);
    const nrFree: number[] = [];
    const lists: KernelList[] = [];
    for (let order = 0; order < orders; order++) {
      const area = areasAt + order * areaSize;
      nrFree.push(this.#count(bytes.getBigUint64(area + countAt, true), kind, order));
      for (let index = 0; index < nrTypes; index++) {
        const at = area + listAt + index * 16;
        const type = this.#migratetypes[index];
        const ends = this.#ends(bytes, at, address + BigInt(at));
        if (type !== undefined && ends !== undefined) lists.push({ order, type, ...ends });
      }
    }
    return { node, kind, nrFree, lists, caches: [] };
  }

  #count(value: bigint, kind: string, order: number): number {
    if (value <= BigInt(this.#from.endPfn)) return Number(value);
    const rule = `must be at most the guest's ${this.#from.endPfn} pages, got ${value}`;
    return this.#reject(`zone ${kind}, free chunks of order ${order}`, rule);
  }

  /** Both ends of a list whose head is at `at` of `bytes`, at `address`; undefined: empty. */
  #ends(
    bytes: DataView,
    at: number,
    address: bigint,
  ): { readonly first: number; readonly last: number } | undefined {
    const next = bytes.getBigUint64(at, true);
    if (next === address) return undefined;
    const first = this.#pfnOf(next);
    const last = this.#pfnOf(bytes.getBigUint64(at + 8, true));
    // never set up: a zone or a CPU without pages
    if (next === 0n) return undefined;
    return { first, last };
  }

  /** Of a page by the address of its links, or of itself; NO_PAGE where there is none. */
  #pfnOf(address: bigint, at = this.#linkAt): number {
    const into = address - BigInt(at) - this.#from.memmapBase;
    const pfn = into / BigInt(this.#structSize);
    const isPage = into >= 0n && into % BigInt(this.#structSize) === 0n;
    return isPage && pfn < BigInt(this.#from.endPfn) ? Number(pfn) : NO_PAGE;
  }

  async caches(zones: readonly PlacedZone[]): Promise<PlacedZone[]> {
    const { types } = this.#from;
    const inZone =
      types.memberOffset("zone", "per_cpu_pageset") ?? types.memberOffset("zone", "pageset");
    if (inZone === undefined) this.#reject("zone.per_cpu_pageset", "must be known, got no such");
    const offsets = await this.#cpuOffsets();
    const found: PlacedZone[] = [];
    for (const { address, zone } of zones) {
      const base = await this.#reader.u64(address + BigInt(inZone));
      const caches: KernelCache[] = [];
      for (const [cpu, offset] of offsets.entries()) {
        const cache = await this.#cache(wrapped(base + offset), cpu);
        if (cache !== undefined) caches.push(cache);
      }
      found.push({ address, zone: { ...zone, caches } });
    }
    return found;
  }

  async #cache(address: bigint, cpu: number): Promise<KernelCache | undefined> {
    const { types } = this.#from;
    const at = (name: string): number | undefined => types.memberOffset("per_cpu_pages", name);
    const listsAt = at("lists");
    const nrLists = types.elementsOf("per_cpu_pages", "lists");
    const [countAt, highAt, batchAt] = [at("count"), at("high"), at("batch")];
    const [highMinAt, highMaxAt] = [at("high_min"), at("high_max")];
    if (
      listsAt === undefined ||
      nrLists === undefined ||
      countAt === undefined ||
      highAt === undefined ||
      batchAt === undefined ||
      nrLists > LOW_ORDERS * CACHED_TYPES + 2
    ) {
      return this.#reject("struct per_cpu_pages", "must have count, high, batch and lists");
    }
    const bytes = await this.#reader.view(address, listsAt + nrLists * 16);
    const lists: KernelList[] = [];
    for (let index = 0; index < nrLists; index++) {
      const place = listsAt + index * 16;
      const ends = this.#ends(bytes, place, wrapped(address + BigInt(place)));
      if (ends !== undefined) lists.push({ ...cacheListAt(index, nrLists), ...ends });
    }
    const numberAt = (place: number | undefined): number | undefined =>
      place === undefined ? undefined : bytes.getInt32(place, true);
    return {
      cpu,
      count: bytes.getInt32(countAt, true),
      high: bytes.getInt32(highAt, true),
      highMin: numberAt(highMinAt),
      highMax: numberAt(highMaxAt),
      batch: bytes.getInt32(batchAt, true),
      lists,
    };
  }

  async batches(): Promise<number[]> {
    const { types, symbols } = this.#from;
    const symbol = symbols.get("cpu_fbatches") ?? symbols.get("lru_pvecs");
    const struct = symbols.has("cpu_fbatches") ? "cpu_fbatches" : "lru_pvecs";
    const at = types.memberOffset(struct, "lru_add");
    const batch =
      types.memberOffset("folio_batch", "folios") === undefined ? "pagevec" : "folio_batch";
    const pagesAt = types.memberOffset(batch, batch === "pagevec" ? "pages" : "folios");
    const capacity = types.elementsOf(batch, batch === "pagevec" ? "pages" : "folios");
    if (symbol === undefined || at === undefined || pagesAt === undefined) {
      return this.#reject(struct, "must be known, got no such symbol or type");
    }
    const nr = capacity ?? 0;
    if (nr < 1 || nr > MOST_BATCH) {
      this.#reject(`struct ${batch}`, `must hold 1 to ${MOST_BATCH} pages, got ${nr}`);
    }
    const pfns: number[] = [];
    for (const offset of await this.#cpuOffsets()) {
      const address = wrapped(symbol + offset + BigInt(at));
      const bytes = await this.#reader.view(address, pagesAt + nr * 8);
      const length = Math.min(bytes.getUint8(0), nr);
      for (let index = 0; index < length; index++) {
        const pfn = this.#pfnOf(bytes.getBigUint64(pagesAt + index * 8, true), 0);
        if (pfn !== NO_PAGE) pfns.push(pfn);
      }
    }
    return pfns;
  }

  /** Where the area of each CPU lies that there is; a CPU that was never there has none. */
  #cpuOffsets(): Promise<readonly bigint[]> {
    this.#offsets ??= this.#readCpuOffsets();
    return this.#offsets;
  }

  async #readCpuOffsets(): Promise<readonly bigint[]> {
    const { symbols } = this.#from;
    const table = symbols.get("__per_cpu_offset");
    const count = symbols.get("nr_cpu_ids");
    if (table === undefined || count === undefined) {
      return this.#reject("__per_cpu_offset, nr_cpu_ids", "must be known, got no such symbols");
    }
    const cpus = await this.#reader.i32(count);
    if (cpus < 1 || cpus > MOST_CPUS) {
      this.#reject("nr_cpu_ids", `must be from 1 to ${MOST_CPUS}, got ${cpus}`);
    }
    const bytes = await this.#reader.view(table, cpus * 8);
    return Array.from({ length: cpus }, (_, cpu) => bytes.getBigUint64(cpu * 8, true));
  }

  async #pointer(address: bigint): Promise<bigint> {
    const value = await this.#reader.u64(address);
    if (value >= FIRST_KERNEL_ADDRESS) return value;
    const where = `0x${address.toString(16)}`;
    return this.#reject(where, `must hold a kernel address, got 0x${value.toString(16)}`);
  }

  #bounded(what: string, size: number, most: number): number {
    if (size <= most) return size;
    return this.#reject(what, `must be at most ${most} bytes, got ${size}`);
  }

  #reject(field: string, rule: string): never {
    throw new CaptureError(this.#from.file, field, rule);
  }
}

/** Stands for no page, as in the core. */
const NO_PAGE = 0xffff_ffff;
const FIRST_KERNEL_ADDRESS = 0xff00_0000_0000_0000n;

function wrapped(address: bigint): bigint {
  return BigInt.asUintN(64, address);
}

/** Order and type of a cache's list by its place: pindex_to_order() (v6.1). */
function cacheListAt(
  index: number,
  nrLists: number,
): { readonly order: number; readonly type: KernelMigratetype } {
  const nrLow = LOW_ORDERS * CACHED_TYPES;
  if (index < nrLow) {
    const type = MIGRATETYPES[index % CACHED_TYPES] ?? "Movable";
    return { order: Math.floor(index / CACHED_TYPES), type };
  }
  const isMovable = nrLists === nrLow + 1 || index > nrLow;
  return { order: PAGEBLOCK_ORDER, type: isMovable ? "Movable" : "Unmovable" };
}

function zoneKinds(types: Btf, file: string): (KernelZoneKind | undefined)[] {
  const values = types.enumOf("zone_type");
  if (values === undefined) {
    throw new CaptureError(file, "enum zone_type", "must be known, got no such type");
  }
  const names: readonly (readonly [KernelZoneKind, string])[] = [
    ["DMA", "ZONE_DMA"],
    ["DMA32", "ZONE_DMA32"],
    ["Normal", "ZONE_NORMAL"],
    ["Movable", "ZONE_MOVABLE"],
  ];
  const found: (KernelZoneKind | undefined)[] = [];
  for (const [kind, name] of names) {
    const value = values.get(name);
    if (value !== undefined && value >= 0 && value < MOST_ZONES) found[value] = kind;
  }
  return found;
}
