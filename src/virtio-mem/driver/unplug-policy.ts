import type { ShrinkableCache } from "../../linux/shrinkable-cache.js";
import type { DriverProfile } from "../driver-profile.js";
import type { MemoryBlockState } from "../memory-block-state.js";

/** Order by id or address. */
export type ScanOrder = "ascending" | "descending";

/** Pages of one memory block by what blocks, one element per subblock. */
export interface SubblockSummary {
  /** Free. */
  readonly freePages: Uint32Array;
  /** In use, and can be moved or dropped as far as a look tells. */
  readonly movablePages: Uint32Array;
  /**
   * Blocking as far as a scan tells: kernel memory, pages with references beyond their mappings.
   */
  readonly unmovablePages: Uint32Array;
}

/** Keeps the page allocator out of pageblocks, and lets it back. */
export interface PageIsolation {
  /**
   * `false` where a page forbids it; nothing has changed then.
   *
   * @param startPfn - First page, at a pageblock's start.
   * @param nrPages - Pages, a multiple of 512.
   */
  tryIsolate(startPfn: number, nrPages: number): boolean;
  /**
   * Takes the isolation back.
   *
   * @param startPfn - First page, at a pageblock's start.
   * @param nrPages - Pages, a multiple of 512.
   */
  unisolate(startPfn: number, nrPages: number): void;
}

/** Subblocks of one memory block that are tried and unplugged together. */
export interface SubblockRange {
  /** Id of the memory block. */
  readonly id: number;
  /** First subblock, a multiple of {@link count}. */
  readonly start: number;
  /** Subblocks, a power of two. */
  readonly count: number;
}

/** The device as a policy sees it: summaries of memory blocks and subblocks, never single pages. */
export interface UnplugView {
  /** Id of the memory block that element 0 of the arrays stands for. */
  readonly firstId: number;
  /** Memory blocks known to the driver: the arrays hold as many elements. */
  readonly count: number;
  /** Subblocks of a memory block. */
  readonly subblocksPerMemoryBlock: number;
  /** Plugged subblocks of each memory block. */
  readonly pluggedSubblocks: Uint16Array;
  /**
   * State of a memory block.
   *
   * @param id - Id of the memory block.
   */
  state(id: number): MemoryBlockState;
  /**
   * Is this subblock plugged?
   *
   * @param id - Id of the memory block.
   * @param subblock - Subblock of it, counted from 0.
   */
  isPlugged(id: number, subblock: number): boolean;
  /**
   * Looks at the pages of a memory block, which costs time; undefined where the guest offers no
   * such look. While the driver visits a memory block it looks there once, however often it is
   * asked.
   *
   * @param id - Id of the memory block.
   */
  sense(id: number): SubblockSummary | undefined;
  /**
   * The same for the subblocks of one chunk, which costs less where only those are of interest.
   *
   * @param chunk - Subblocks to look at.
   */
  senseChunk(chunk: SubblockRange): SubblockSummary | undefined;
}

/**
 * Names the memory blocks of a pass, in the order in which they are visited.
 *
 * @param view - The device as it is now.
 * @param pass - Index into {@link UnplugPolicy.passes}.
 * @returns ids of memory blocks, each at most once.
 */
export type MemoryBlockOrder = (view: UnplugView, pass: number) => Iterable<number>;

/**
 * Names the subblocks of a memory block at which chunks start, in the order in which they are
 * tried.
 *
 * @param view - The device as it is now.
 * @param id - Id of the memory block that is visited.
 * @param count - Size of the chunks in subblocks.
 * @returns numbers of subblocks, counted from 0, each at most once.
 */
export type SubblockOrder = (view: UnplugView, id: number, count: number) => Iterable<number>;

/**
 * What an unplug run in sub-block mode tries, in which order and how often. The policy decides,
 * the driver obeys: it asks the device, keeps account and stops as soon as enough is unplugged
 * (docs/spec/driver.md, "Unplugging").
 *
 * A run goes through {@link passes}; a pass visits the memory blocks whose state it names, in the
 * order of {@link memoryBlocks}; in each the driver tries chunks, larger ones first, in the order
 * of {@link subblocks}. Offline memory blocks need no attempt: their subblocks go in runs.
 */
export interface UnplugPolicy {
  /** What it is called. */
  readonly name: string;
  /** States by pass. A state that no pass names is never unplugged while a memory block has it. */
  readonly passes: readonly (readonly MemoryBlockState[])[];
  /**
   * Order of the memory blocks in a pass. A function is asked once per pass and names ids; the
   * ones it leaves out are not visited, those in another state are skipped.
   */
  readonly memoryBlocks: ScanOrder | MemoryBlockOrder;
  /**
   * Order of the subblocks of a memory block. A function is asked for each size of chunk in a visit
   * to an online memory block and names the subblocks at which chunks of that size start; those it
   * leaves out are not tried. Offline memory blocks are then emptied in descending order.
   */
  readonly subblocks: ScanOrder | SubblockOrder;
  /**
   * Sizes of the chunks that are tried, in subblocks, powers of two, in the order of trying;
   * `"memory-block"` is all of it. A chunk is aligned to its size, wholly plugged and not larger
   * than what is still wanted.
   */
  readonly chunks: readonly (number | "memory-block")[];
  /** How often alloc_contig_range() is tried on a range, back to back, by kind of zone. */
  readonly attempts: {
    /** In zones for kernel memory, at least 1. */
    readonly kernel: number;
    /** In ZONE_MOVABLE, at least 1. */
    readonly movable: number;
  };
  /**
   * Chunks of online memory blocks are tried in ascending rank, whatever memory block they are in;
   * equal ranks in the order that the rest of the policy gives. Asked once per run for each plugged
   * chunk, before anything online is touched. Default: the order of the visits.
   *
   * @param view - The device as it is now.
   * @param chunk - A plugged chunk.
   */
  readonly rank?: (view: UnplugView, chunk: SubblockRange) => number;
  /**
   * Asked before a chunk is tried, each in turn: the first that answers `false` spares the chunk in
   * this run. Default: none, everything is tried.
   */
  readonly accepts?: readonly ChunkTest[];
  /**
   * Isolate what is wanted before the first page is moved, so that no page moves into memory that
   * goes next; the first chunks in order, those that are accepted. Default: false, each chunk is
   * isolated when its turn comes.
   */
  readonly isolatesFirst?: boolean;
  /**
   * What happens when no memory is left to move pages to. Linux ends the run; `"go-on"` tries the
   * other chunks, some of which need none. Default: `"end"`.
   */
  readonly outOfMemory?: "end" | "go-on";
  /** What is given back to the allocator before the first attempt of a run. Default: nothing. */
  readonly before?: readonly ShrinkableCache[];
  /** The same once in a run that has left something; the run is then gone through again. */
  readonly whenShort?: readonly ShrinkableCache[];
  /** What happens to emptied memory blocks. Default: what the version does. */
  readonly emptyMemoryBlocks?: DriverProfile["emptyMemoryBlocks"];
  /** Failed attempts after which a run ends. Default: no limit. */
  readonly mostFailures?: number;
  /**
   * Is it from a module of the user? Its answers are then asked for and checked before a run
   * changes anything, and asked for again as the run goes.
   */
  readonly isForeign?: boolean;
  /**
   * What has to stay free: a chunk whose pages would leave less is not tried. Bytes; or as much as
   * the zones need to stay above their high watermarks, all the time or until they are reached, by
   * the last subblock of a run. Default: 0.
   */
  readonly reserve?: number | "high-watermarks" | "until-high-watermarks";
}

/**
 * Shall this chunk be tried?
 *
 * @param view - The device as it is now.
 * @param chunk - What is tried next.
 */
export type ChunkTest = (view: UnplugView, chunk: SubblockRange) => boolean;
