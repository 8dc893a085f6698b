/**
 * A guest's state as read from outside the model: what `load` needs to rebuild it page by page.
 *
 * Everything that the text files of a capture say, parsed and checked; the page flags stay a
 * stream, because they are 2 GiB per TiB of guest memory and are never held whole.
 */
export interface Capture {
  /** Where it came from, for messages: a path, or a name given by the caller. */
  readonly name: string;
  readonly kernelVersion: string | undefined;
  readonly commandLine: string | undefined;
  /** Bytes of a Linux memory block. */
  readonly memoryBlockSize: number;
  /** Zones that have pages, in the order of zoneinfo; zones without any are left out. */
  readonly zones: readonly CaptureZone[];
  /** Ascending by id. */
  readonly memoryBlocks: readonly CaptureMemoryBlock[];
  /** Free chunks and pageblocks by type, from pagetypeinfo; undefined where the file is absent. */
  readonly pageTypes: readonly CapturePageTypes[] | undefined;
  readonly device: CaptureDevice;
  /** Onlining policy and module parameters. */
  readonly settings: CaptureSettings;
  /** Where the struct pages of 128 MiB sections lie; undefined where nobody recorded it. */
  readonly memmaps: readonly CaptureMemmap[] | undefined;
  /**
   * System RAM ranges of iomem, [start, end) in bytes, in address order: boot memory, and what
   * virtio-mem and other drivers have added, online or not.
   */
  readonly systemRam: readonly (readonly [start: number, end: number])[];
  /** vmstat counters by name. */
  readonly vmstat: ReadonlyMap<string, number>;
  /** meminfo in bytes by name (SwapFree, MemAvailable ...); empty where it was not captured. */
  readonly memInfo: ReadonlyMap<string, number>;
  /** Where the guest swaps to; undefined where it was not captured. */
  readonly swaps: readonly CaptureSwap[] | undefined;
  /**
   * `/proc/kpageflags` in pieces of any length, in order: little-endian u64 per pfn from pfn 0 on.
   * Each call starts a new read. Ends with an error in words where the data is truncated.
   */
  pageFlags(): AsyncIterable<Uint8Array>;
  /** `/proc/kpagecount` likewise, where it was captured. */
  readonly mapCounts: (() => AsyncIterable<Uint8Array>) | undefined;
  /** Extended page state of the recordings (`pgx`), u64 per pfn, where it was recorded. */
  readonly pageState: (() => AsyncIterable<Uint8Array>) | undefined;
  /** What had to be assumed, in words for people. */
  readonly notes: readonly string[];
}

export interface CaptureZone {
  readonly node: number;
  readonly kind: "DMA" | "DMA32" | "Normal" | "Movable";
  /** NR_FREE_PAGES and the watermarks, in pages, as zoneinfo prints them. */
  readonly free: number;
  readonly boost: number;
  readonly min: number;
  readonly low: number;
  readonly high: number;
  readonly spanned: number;
  readonly present: number;
  readonly managed: number;
  readonly startPfn: number;
  /** lowmem reserve in pages, by zone index of the request (zoneinfo's "protection"). */
  readonly protection: readonly number[];
  /** One entry per CPU: pages hidden in its cache, and the cache's limits. */
  readonly cpus: readonly {
    readonly count: number;
    readonly high: number;
    readonly batch: number;
  }[];
  /** Other counters of the zone by zoneinfo's names (nr_zone_active_anon, nr_zspages ...). */
  readonly counters: ReadonlyMap<string, number>;
}

export interface CaptureSwap {
  /** Device or file. */
  readonly name: string;
  /** Bytes, and how many of them are in use. */
  readonly size: number;
  readonly used: number;
}

export interface CaptureMemoryBlock {
  readonly id: number;
  readonly state: "online" | "offline";
  /** As sysfs prints it: one zone for an online block, `none` where it spans zones. */
  readonly validZones: readonly string[];
  /** NUMA node, where the capture says it. */
  readonly node?: number;
}

export interface CapturePageTypes {
  readonly node: number;
  readonly kind: "DMA" | "DMA32" | "Normal" | "Movable";
  /**
   * Free chunks by order (0 to 10) for each migratetype name as printed (Unmovable, Movable ...).
   */
  readonly freeChunks: ReadonlyMap<string, readonly number[]>;
  /** Pageblocks by migratetype name. */
  readonly pageblocks: ReadonlyMap<string, number>;
}

export interface CaptureDevice {
  /** As Linux calls it: `virtio0`; undefined where nothing says it. */
  readonly name: string | undefined;
  /** Guest physical address and bytes of the device region. */
  readonly regionStart: number;
  readonly regionSize: number;
  readonly blockSize: number;
  /** NUMA node; 0 where nothing says otherwise. */
  readonly node: number;
  /** Regions of the guest's other virtio-mem devices, [start, end) in bytes. */
  readonly otherRegions: readonly (readonly [start: number, end: number])[];
  /**
   * Plugged device blocks as runs `[firstBlock, nrBlocks]`, from device.json. Undefined where only
   * the guest's files are there: online memory then says it page by page (PG_offline).
   */
  readonly pluggedRuns: readonly (readonly [first: number, nr: number])[] | undefined;
  /**
   * What the host asked for last, in bytes, by the driver's log; undefined where that is not there.
   */
  readonly requestedSize: number | undefined;
}

export interface CaptureSettings {
  /** memhp_default_state / auto_online_blocks. */
  readonly autoOnline: "offline" | "online" | "online_kernel" | "online_movable";
  readonly onlinePolicy: "contig-zones" | "auto-movable";
  readonly autoMovableRatio: number;
  readonly autoMovableNumaAware: boolean;
  readonly movableNode: boolean;
  readonly memmapOnMemory: boolean;
  readonly forceBigBlocks: boolean;
  /** Bytes; 0 = not set. */
  readonly bigBlockSize: number;
  readonly bigBlockSafeUnplug: boolean;
  readonly unplugOnline: boolean;
}

export interface CaptureMemmap {
  /** Guest physical address of the section (128 MiB). */
  readonly section: number;
  /** First of the 512 pages that hold its struct pages. */
  readonly pfn: number;
}
