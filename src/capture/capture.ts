import type { StructPageLayout } from "../struct-page.js";
import type { KernelLists } from "./kernel-lists.js";
import type { KernelTraces } from "./kernel-traces.js";

/**
 * A guest's state as read from outside the model: what `load` needs to rebuild it page by page.
 *
 * Everything that the text files of a capture say, parsed and checked; the page flags stay a
 * stream, because they are 2 GiB per TiB of guest memory and are never held whole.
 */
export interface Capture {
  /** Where it came from, for messages: a path, or a name given by the caller. */
  readonly name: string;
  /** `uname -r` of the guest; undefined where it was not captured. */
  readonly kernelVersion: string | undefined;
  /** The kernel's command line; undefined where it was not captured. */
  readonly commandLine: string | undefined;
  /** Bytes of a Linux memory block. */
  readonly memoryBlockSize: number;
  /** Zones that have pages, in the order of zoneinfo; zones without any are left out. */
  readonly zones: readonly CaptureZone[];
  /** Ascending by id. */
  readonly memoryBlocks: readonly CaptureMemoryBlock[];
  /** Free chunks and pageblocks by type, from pagetypeinfo; undefined where the file is absent. */
  readonly pageTypes: readonly CapturePageTypes[] | undefined;
  /** Free chunks by zone and order, from buddyinfo; undefined where the file is absent. */
  readonly freeChunks?: readonly CaptureFreeChunks[] | undefined;
  /** The virtio-mem device. */
  readonly device: CaptureDevice;
  /** Onlining policy and module parameters. */
  readonly settings: CaptureSettings;
  /** Where the struct pages of 128 MiB sections lie; undefined where it was not recorded. */
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
  /** `/proc/kpagecount` in the same way, where it was captured. */
  readonly mapCounts: (() => AsyncIterable<Uint8Array>) | undefined;
  /** Extended page state of the recordings (`pgx`), u64 per pfn, where it was recorded. */
  readonly pageState: (() => AsyncIterable<Uint8Array>) | undefined;
  /** The kernel's struct pages, where they were captured: an exact capture. */
  readonly structPages?: StructPages | undefined;
  /**
   * Free lists, caches and types of pageblocks as the kernel has them, where they were captured.
   */
  readonly kernelLists?: KernelLists | undefined;
  /** By what else the version of the kernel can be told; undefined where it is not known. */
  readonly traces?: KernelTraces | undefined;
  /** What had to be assumed, in words for people. */
  readonly notes: readonly string[];
}

/** A zone as zoneinfo shows it. Pages unless a name says otherwise. */
export interface CaptureZone {
  /** NUMA node. */
  readonly node: number;
  /** Zone. */
  readonly kind: "DMA" | "DMA32" | "Normal" | "Movable";
  /** NR_FREE_PAGES and the watermarks, in pages, as zoneinfo prints them. */
  readonly free: number;
  /** Watermark boost. */
  readonly boost: number;
  /** Min watermark, boost included. */
  readonly min: number;
  /** Low watermark, boost included. */
  readonly low: number;
  /** Pages that the cache keeps at most. */
  readonly high: number;
  /** Pages from the first to the last, holes included. */
  readonly spanned: number;
  /** Pages that exist. */
  readonly present: number;
  /** Pages handed to the page allocator. */
  readonly managed: number;
  /** First pfn. */
  readonly startPfn: number;
  /** lowmem reserve in pages, by zone index of the request (zoneinfo's "protection"). */
  readonly protection: readonly number[];
  /** One entry per CPU: pages hidden in its cache, and the cache's limits. */
  readonly cpus: readonly {
    /** Free pages in the cache now. */
    readonly count: number;
    /** Pages that the cache keeps at most. */
    readonly high: number;
    /** Pages that move between cache and buddy at once. */
    readonly batch: number;
  }[];
  /** Other counters of the zone by zoneinfo's names (nr_zone_active_anon, nr_zspages ...). */
  readonly counters: ReadonlyMap<string, number>;
}

/** A swap device or file. */
export interface CaptureSwap {
  /** Device or file. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes in use. */
  readonly used: number;
}

/** A memory block as sysfs shows it. */
export interface CaptureMemoryBlock {
  /** Its address divided by the memory block size. */
  readonly id: number;
  /** `online`, or `offline` and unused by Linux. */
  readonly state: "online" | "offline";
  /** As sysfs prints it: one zone for an online block, `none` where it spans zones. */
  readonly validZones: readonly string[];
  /** NUMA node, where the capture says it. */
  readonly node?: number;
}

/** Free memory of a zone, from buddyinfo. */
export interface CaptureFreeChunks {
  /** NUMA node. */
  readonly node: number;
  /** Zone. */
  readonly kind: "DMA" | "DMA32" | "Normal" | "Movable";
  /** Free chunks by order, 0 to 10. */
  readonly freeChunks: readonly number[];
}

/** Free memory of a zone by migratetype, from pagetypeinfo. */
export interface CapturePageTypes {
  /** NUMA node. */
  readonly node: number;
  /** Zone. */
  readonly kind: "DMA" | "DMA32" | "Normal" | "Movable";
  /**
   * Free chunks by order (0 to 10) for each migratetype name as printed (Unmovable, Movable ...).
   */
  readonly freeChunks: ReadonlyMap<string, readonly number[]>;
  /** Pageblocks by migratetype name. */
  readonly pageblocks: ReadonlyMap<string, number>;
}

/** The virtio-mem device of a captured guest. */
export interface CaptureDevice {
  /** As Linux calls it: `virtio0`; undefined where nothing says it. */
  readonly name: string | undefined;
  /** Guest physical address and bytes of the device region. */
  readonly regionStart: number;
  /** Bytes of the device region. */
  readonly regionSize: number;
  /** Bytes of a device block. */
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

/** Onlining policy and module parameters of a captured guest. */
export interface CaptureSettings {
  /** memhp_default_state / auto_online_blocks. */
  readonly autoOnline: "offline" | "online" | "online_kernel" | "online_movable";
  /** memory_hotplug.online_policy. */
  readonly onlinePolicy: "contig-zones" | "auto-movable";
  /** memory_hotplug.auto_movable_ratio, MOVABLE to kernel memory in percent. */
  readonly autoMovableRatio: number;
  /** memory_hotplug.auto_movable_numa_aware. */
  readonly autoMovableNumaAware: boolean;
  /** Kernel parameter movable_node. */
  readonly movableNode: boolean;
  /** memory_hotplug.memmap_on_memory. */
  readonly memmapOnMemory: boolean;
  /** virtio_mem.force_bbm. */
  readonly forceBigBlocks: boolean;
  /** Bytes; 0 = not set. */
  readonly bigBlockSize: number;
  /** virtio_mem.bbm_safe_unplug. */
  readonly bigBlockSafeUnplug: boolean;
  /** virtio_mem.unplug_online. */
  readonly unplugOnline: boolean;
}

/** The struct pages of a kernel as they lie in its memory. */
export interface StructPages {
  /** Name of the file, for messages. */
  readonly file: string;
  /** Where the fields of each lie. */
  readonly layout: StructPageLayout;
  /** Whose they are, ascending: those of each run follow those of the run before. */
  readonly runs: readonly StructPageRun[];
  /** Starts a read of all of them, in pieces of any length. */
  open(): AsyncIterable<Uint8Array>;
}

/** Pages whose struct pages follow each other. */
export interface StructPageRun {
  /** First pfn. */
  readonly startPfn: number;
  /** How many. */
  readonly nrPages: number;
}

/** Where the struct pages of a section lie. */
export interface CaptureMemmap {
  /** Guest physical address of the section (128 MiB). */
  readonly section: number;
  /** First of the 512 pages that hold its struct pages. */
  readonly pfn: number;
}
