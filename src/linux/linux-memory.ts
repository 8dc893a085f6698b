import type { ContigResult } from "../core/contig-result.js";
import type { ZoneKind } from "../core/zone-kind.js";
import type { PausingWork } from "../pausing-work.js";

/**
 * What a virtio-mem driver asks of the Linux memory management around it.
 *
 * The driver never touches pages itself: it names ranges, this interface says what became of
 * them. Pfns and page counts are whole numbers; `0` is success, everything else a negative errno
 * of {@link Errno} (docs/spec/driver.md). {@link MemoryHotplug} implements it over the page core;
 * tests may implement it with a few lines.
 */
export interface LinuxMemory {
  /** Bytes of one Linux memory block, a power of two from 128 MiB to 2 GiB. */
  readonly memoryBlockSize: number;

  /**
   * Bytes at the start of each added memory block that hold its own struct pages. Default: 0, they
   * lie elsewhere.
   */
  readonly ownMemmapSize?: number;

  /**
   * The memory block, or undefined where Linux knows none.
   *
   * @param id - Its address divided by {@link memoryBlockSize}.
   */
  memoryBlock(id: number): MemoryBlockInfo | undefined;

  /**
   * `add_memory_driver_managed()` of the blocks `firstId .. firstId + count - 1`: charges their
   * memmap, creates the memory blocks and, by the onlining policy, brings them online before it
   * returns.
   *
   * @param firstId - Id of the first memory block.
   * @param count - Memory blocks to add.
   * @returns 0, -ENOMEM (no room for the memmap) or -EEXIST; on failure nothing was added.
   */
  addMemoryBlocks(firstId: number, count: number): number;

  /**
   * `offline_and_remove_memory()` of those blocks. All or nothing: where one block refuses, those
   * taken offline by this call come back online. Removal gives the memmaps back.
   *
   * @param firstId - Id of the first memory block.
   * @param count - Memory blocks to remove.
   * @returns 0, -EBUSY or -ENOMEM.
   */
  offlineAndRemove(firstId: number, count: number): number;

  /**
   * `alloc_contig_range(startPfn, startPfn + nrPages)`, one attempt.
   *
   * @param startPfn - First page; the range may begin and end inside a pageblock.
   * @param nrPages - Pages of the range.
   * @returns How far the attempt came and what it cost; `errno` is 0 where the range is now the
   *   caller's.
   */
  allocContigRange(startPfn: number, nrPages: number): ContigResult;

  /**
   * The same attempt, which may pause with its range isolated; it is always asked for all of it.
   * Left out where an attempt never takes long.
   *
   * @param startPfn - As of {@link allocContigRange}.
   * @param nrPages - As of {@link allocContigRange}.
   * @returns What allocContigRange() returns.
   */
  allocContigInParts?(startPfn: number, nrPages: number): PausingWork<ContigResult>;

  /**
   * Marks a range just taken as PG_offline and takes it off the accounts.
   *
   * @param startPfn - First page of a range that {@link allocContigRange} has taken.
   * @param nrPages - Pages of the range.
   */
  setOffline(startPfn: number, nrPages: number): void;

  /**
   * Hands the fake-offline pages of a range back to the page allocator: taken ones through
   * `free_contig_range()`, pages that were never online through the generic online path; the
   * accounts follow.
   *
   * @param startPfn - First page, at a pageblock's start.
   * @param nrPages - Pages of the range, a multiple of 512.
   */
  fakeOnline(startPfn: number, nrPages: number): void;

  /**
   * Undoes a successful {@link allocContigRange} that was not marked offline.
   *
   * @param startPfn - First page of a range that {@link allocContigRange} has taken.
   * @param nrPages - Pages of the range.
   */
  freeContigRange(startPfn: number, nrPages: number): void;

  /**
   * Calls back for every memory block event from now on; returns the function that ends it.
   *
   * @param notifier - Is called in the order of registration.
   */
  registerNotifier(notifier: MemoryNotifier): () => void;
}

/** A memory block that Linux knows. */
export interface MemoryBlockInfo {
  /** Its address divided by the memory block size. */
  readonly id: number;
  /** Whether its pages are in use by Linux. */
  readonly state: "online" | "offline";
  /** Zone of an online block; undefined where the block is offline or spans several zones. */
  readonly zone: ZoneKind | undefined;
}

/**
 * A dynamic memory group: the memory of one virtio-mem device, which the policy auto-movable looks
 * at as a whole (docs/spec/driver.md, "Zone of onlined memory").
 */
export interface MemoryGroup {
  /** NUMA node of the memory; undefined where the device does not say. */
  readonly node: number | undefined;
  /** Memory blocks that come and go together. */
  readonly unitMemoryBlocks: number;
}

/**
 * The memory notifier of a driver (docs/spec/driver.md, "Memory notifier"). Each block event
 * arrives as `goingX`, then `x` or `cancelX`. Return values: `false` vetoes. After a veto `cancelX`
 * comes to all, also to those who were not asked any more.
 */
export interface MemoryNotifier {
  /**
   * A memory block is about to go online to `zone`; `false` vetoes.
   *
   * @param id - Id of the memory block.
   * @param zone - Zone that it is to be part of.
   */
  goingOnline(id: number, zone: ZoneKind): boolean;
  /**
   * A memory block is online in `zone`.
   *
   * @param id - Id of the memory block.
   * @param zone - Zone that it is part of now.
   */
  online(id: number, zone: ZoneKind): void;
  /**
   * A memory block does not go online after all.
   *
   * @param id - Id of the memory block.
   */
  cancelOnline(id: number): void;
  /**
   * A memory block is about to go offline; `false` vetoes.
   *
   * @param id - Id of the memory block.
   */
  goingOffline(id: number): boolean;
  /**
   * A memory block is offline.
   *
   * @param id - Id of the memory block.
   */
  offline(id: number): void;
  /**
   * A memory block does not go offline after all.
   *
   * @param id - Id of the memory block.
   */
  cancelOffline(id: number): void;
  /**
   * Page callback at onlining: which pages of this block go to the allocator, as runs
   * `[startPfn, nrPages]`, ascending. The others become PG_offline, never onlined.
   * Undefined where the block is none of this driver's: all of it goes online.
   *
   * @param id - Id of the memory block.
   */
  pluggedRuns(id: number): readonly (readonly [startPfn: number, nrPages: number])[] | undefined;
  /**
   * The group of a memory block of this driver's; undefined where it is none.
   *
   * @param id - Id of the memory block.
   */
  memoryGroup(id: number): MemoryGroup | undefined;
}
