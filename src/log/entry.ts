import type { ContigStage } from "../core/contig-result.js";
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
  readonly type: "request";
  readonly request: RequestType;
  /** Bytes from the region start; negative below it, 0 for UNPLUG_ALL. */
  readonly offset: number;
  /** Device blocks; 0 for UNPLUG_ALL. */
  readonly nbBlocks: number;
  readonly response: ResponseType;
}

/** The host set the size that it wants plugged. */
export interface RequestedSizeEntry extends LogStamp {
  readonly type: "requested-size";
  readonly size: number;
}

/** The part of the region in which the device takes requests has changed. */
export interface UsableRegionEntry extends LogStamp {
  readonly type: "usable-region";
  readonly oldSize: number;
  readonly newSize: number;
}

/** A request that the device cannot read has broken it, or its driver has reset it. */
export interface DeviceHealthEntry extends LogStamp {
  readonly type: "device-health";
  readonly health: DeviceHealth;
}

/** The driver tracks another state of a memory block; `from` is undefined for one never used before. */
export interface MemoryBlockStateEntry extends LogStamp {
  readonly type: "memory-block-state";
  readonly id: number;
  readonly from: MemoryBlockState | undefined;
  readonly to: MemoryBlockState;
}

/** The same in big-block mode. */
export interface BigBlockStateEntry extends LogStamp {
  readonly type: "big-block-state";
  readonly id: number;
  readonly from: BigBlockState | undefined;
  readonly to: BigBlockState;
}

/** One attempt of alloc_contig_range(). */
export interface ContigEntry extends LogStamp {
  readonly type: "contig";
  readonly startPfn: number;
  readonly nrPages: number;
  /** 0 or a negative errno. */
  readonly errno: number;
  readonly stage: ContigStage;
  readonly blockingPfn: number | undefined;
  readonly blockingClass: string | undefined;
  readonly migratedPages: number;
  readonly droppedPages: number;
}

/** The driver looked at pages without touching them, to see whether they could move. */
export interface LookEntry extends LogStamp {
  readonly type: "look";
  readonly startPfn: number;
  readonly nrPages: number;
}

/** The driver had a cache give pages back to the allocator. */
export interface ShrinkEntry extends LogStamp {
  readonly type: "shrink";
  readonly cache: ShrinkableCache;
  readonly nrPages: number;
}

/** The driver asked Linux to add memory blocks. */
export interface AddMemoryEntry extends LogStamp {
  readonly type: "add-memory";
  readonly firstId: number;
  readonly count: number;
  /** 0 or a negative errno. */
  readonly errno: number;
}

/** The driver asked Linux to offline and remove memory blocks. */
export interface RemoveMemoryEntry extends LogStamp {
  readonly type: "remove-memory";
  readonly firstId: number;
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

export interface RunStartEntry extends LogStamp {
  readonly type: "run-start";
  readonly trigger: RunTrigger;
  readonly requestedSize: number;
  readonly pluggedSize: number;
}

export interface RunEndEntry extends LogStamp {
  readonly type: "run-end";
  /** 0 or a negative errno. */
  readonly errno: number;
  /** What the errno means here (driver.md section 7.3), in words. */
  readonly why: string;
  readonly requestedSize: number;
  readonly pluggedSize: number;
}

/** The driver will try again by itself at `dueNs`, unless something else makes it run before. */
export interface RetryArmedEntry extends LogStamp {
  readonly type: "retry-armed";
  readonly dueNs: number;
}

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

/** The entries of one type. */
export type LogEntryOf<T extends LogEntry["type"]> = Extract<LogEntry, { type: T }>;
