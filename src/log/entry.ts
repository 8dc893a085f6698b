import type { ContigResult } from "../core/contig-result.js";
import type { BigBlockState } from "../virtio-mem/big-block-state.js";
import type { DeviceHealth } from "../virtio-mem/protocol.js";
import type { MemoryBlockState } from "../virtio-mem/memory-block-state.js";
import type { ShrinkableCache } from "../linux/shrinkable-cache.js";
import type { RequestType, ResponseType } from "../virtio-mem/protocol.js";

/** What all entries have. */
export interface LogStamp {
  /** Virtual time at which it was over, in nanoseconds. */
  readonly atNs: number;
  /** Which of the guest's devices it is about, from 0 on; absent where the guest has but one. */
  readonly device?: number;
}

/** The device answered a request. */
export interface RequestEntry extends LogStamp {
  /** Tells this kind of entry from the others. */
  readonly type: "request";
  /** What was requested. */
  readonly request: RequestType;
  /** Bytes from the region start; negative below it, 0 for UNPLUG_ALL. */
  readonly offset: number;
  /** Device blocks; 0 for UNPLUG_ALL. */
  readonly nbBlocks: number;
  /** The device's answer. */
  readonly response: ResponseType;
}

/** The host set the size that it wants plugged. */
export interface RequestedSizeEntry extends LogStamp {
  /** Tells this kind of entry from the others. */
  readonly type: "requested-size";
  /** Bytes. */
  readonly size: number;
}

/** The part of the region in which the device takes requests has changed. */
export interface UsableRegionEntry extends LogStamp {
  /** Tells this kind of entry from the others. */
  readonly type: "usable-region";
  /** Bytes before. */
  readonly oldSize: number;
  /** Bytes from now on. */
  readonly newSize: number;
}

/** A request that the device cannot read has broken it, or its driver has reset it. */
export interface DeviceHealthEntry extends LogStamp {
  /** Tells this kind of entry from the others. */
  readonly type: "device-health";
  /** From now on. */
  readonly health: DeviceHealth;
}

/**
 * The driver tracks another state of a memory block; `from` is undefined for one never used before.
 */
export interface MemoryBlockStateEntry extends LogStamp {
  /** Tells this kind of entry from the others. */
  readonly type: "memory-block-state";
  /** Id of the memory block: its address divided by the memory block size. */
  readonly id: number;
  /** State before; undefined for one never used before. */
  readonly from: MemoryBlockState | undefined;
  /** State from now on. */
  readonly to: MemoryBlockState;
}

/** The same in big-block mode. */
export interface BigBlockStateEntry extends LogStamp {
  /** Tells this kind of entry from the others. */
  readonly type: "big-block-state";
  /** Number of the big block: its address divided by its size. */
  readonly id: number;
  /** State before; undefined for one never used before. */
  readonly from: BigBlockState | undefined;
  /** State from now on. */
  readonly to: BigBlockState;
}

/** One attempt of alloc_contig_range(). */
export interface ContigEntry extends LogStamp, ContigResult {
  /** Tells this kind of entry from the others. */
  readonly type: "contig";
  /** First pfn of the range. */
  readonly startPfn: number;
  /** Pages of the range. */
  readonly nrPages: number;
}

/** The driver looked at pages without touching them, to see whether they could move. */
export interface LookEntry extends LogStamp {
  /** Tells this kind of entry from the others. */
  readonly type: "look";
  /** First pfn. */
  readonly startPfn: number;
  /** Pages. */
  readonly nrPages: number;
}

/** The driver had a cache give pages back to the allocator. */
export interface ShrinkEntry extends LogStamp {
  /** Tells this kind of entry from the others. */
  readonly type: "shrink";
  /** Which cache. */
  readonly cache: ShrinkableCache;
  /** Pages that it gave back. */
  readonly nrPages: number;
}

/** The driver asked Linux to add memory blocks. */
export interface AddMemoryEntry extends LogStamp {
  /** Tells this kind of entry from the others. */
  readonly type: "add-memory";
  /** Id of the first memory block. */
  readonly firstId: number;
  /** Memory blocks. */
  readonly count: number;
  /** 0 or a negative errno. */
  readonly errno: number;
}

/** The driver asked Linux to offline and remove memory blocks. */
export interface RemoveMemoryEntry extends LogStamp {
  /** Tells this kind of entry from the others. */
  readonly type: "remove-memory";
  /** Id of the first memory block. */
  readonly firstId: number;
  /** Memory blocks. */
  readonly count: number;
  /** 0 or a negative errno. */
  readonly errno: number;
}

/** What made the driver run. */
export type RunTrigger =
  | "probe"
  | "config-change"
  | "retry-timer"
  | "memory-onlined"
  | "memory-offlined"
  /** Removing a memory block has freed its memmap, so something else may go now. */
  | "memory-removed"
  /** Memory was freed, under a policy that waits for it. */
  | "memory-freed"
  /** The guest was suspended and is awake again. */
  | "wake-up"
  | "asked";

/** A run of the driver begins. */
export interface RunStartEntry extends LogStamp {
  /** Tells this kind of entry from the others. */
  readonly type: "run-start";
  /** What made it run. */
  readonly trigger: RunTrigger;
  /** Bytes that the host requests. */
  readonly requestedSize: number;
  /** Bytes that are plugged. */
  readonly pluggedSize: number;
}

/** A run of the driver has ended. */
export interface RunEndEntry extends LogStamp {
  /** Tells this kind of entry from the others. */
  readonly type: "run-end";
  /** 0 or a negative errno. */
  readonly errno: number;
  /** What the errno means here (docs/spec/driver.md, "Responses as errnos"), in words. */
  readonly why: string;
  /** Bytes that the host requests. */
  readonly requestedSize: number;
  /** Bytes that are plugged. */
  readonly pluggedSize: number;
}

/** The driver will try again by itself at `dueNs`, unless something else makes it run before. */
export interface RetryArmedEntry extends LogStamp {
  /** Tells this kind of entry from the others. */
  readonly type: "retry-armed";
  /** Virtual nanoseconds since boot. */
  readonly dueNs: number;
}

/** Something that happened. */
export type LogEntry =
  | RequestEntry
  | RequestedSizeEntry
  | UsableRegionEntry
  | DeviceHealthEntry
  | MemoryBlockStateEntry
  | BigBlockStateEntry
  | ContigEntry
  | LookEntry
  | ShrinkEntry
  | AddMemoryEntry
  | RemoveMemoryEntry
  | RunStartEntry
  | RunEndEntry
  | RetryArmedEntry;

/**
 * The entries of one type.
 *
 * @typeParam T - Value of `type` of the entries.
 */
export type LogEntryOf<T extends LogEntry["type"]> = Extract<
  LogEntry,
  {
    /** Value of `type`. */
    type: T;
  }
>;
