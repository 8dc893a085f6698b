import type { KernelChoice } from "../guest/profile-from-capture.js";
import type { Cost } from "./cost.js";
import type { MemoryBlockState } from "../virtio-mem/memory-block-state.js";

/** A request as the device got it. */
export interface DeviceRequest {
  /** What was requested. */
  readonly type: "PLUG" | "UNPLUG" | "UNPLUG_ALL" | "STATE";
  /** Bytes from the region start. */
  readonly offset: number;
  /** Device blocks; 0 for UNPLUG_ALL. */
  readonly nbBlocks: number;
  /** The device's answer. */
  readonly response: "ACK" | "NACK" | "BUSY" | "ERROR";
}

/** A subblock that was tried and stayed, or in which the policy saw a blocking page. */
export interface Obstacle {
  /** Bytes from the region start. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** The first blocking page; null where memory for targets ran out. */
  readonly pfn: number | null;
  /** Class of that page (docs/prediction-schema.md lists them); null where there is none. */
  readonly class: string | null;
  /** Step at which the last attempt ended; where there was none, that at which one would end. */
  readonly stage: "isolate" | "migrate" | "test" | "memory";
  /** alloc_contig_range() attempts made on it; 0: the policy looked, and left it alone. */
  readonly tries: number;
}

/** A memory block of the device after the run. */
export interface PredictedMemoryBlock {
  /** Its address divided by the memory block size. */
  readonly id: number;
  /** Bytes from the region start. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** As the driver tracks it. */
  readonly state: MemoryBlockState;
  /** Where it is online; null where it is offline. */
  readonly zone: string | null;
  /** Bytes of it that are plugged. */
  readonly plugged: number;
}

/** How likely a part of the region that was plugged before stays so. */
export interface StayChance {
  /** Bytes from the region start. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Of each of its subblocks by itself, 0 to 1, in thousandths. */
  readonly probability: number;
}

/** What would come of the same request if something were done before. */
export interface WhatIfGain {
  /** What is done, all of it together; docs/prediction-schema.md lists the names. */
  readonly whatIf: readonly string[];
  /** Bytes plugged afterwards. */
  readonly pluggedSizeAfter: number;
  /** Bytes that stay plugged less than without; negative where more stay. */
  readonly gain: number;
}

/**
 * The answer to "what would this guest give back". Public API: docs/prediction-schema.md. Sizes and
 * addresses are numbers of bytes, times are virtual milliseconds from the request on.
 */
export interface Prediction {
  /** Linux version. */
  readonly profile: string;
  /**
   * Which kernel the capture was taken to be of, and why; null where the guest was not captured.
   */
  readonly kernel: KernelChoice | null;
  /** Names of the policies that decided, joined by `+`. */
  readonly policy: string;
  /** Bytes that were requested. */
  readonly requestedSize: number;
  /** Bytes plugged before. */
  readonly pluggedSizeBefore: number;
  /** Bytes plugged afterwards. */
  readonly pluggedSizeAfter: number;
  /**
   * Interval of the size that remains, by `confidence`; `[after, after]` where nothing is
   * uncertain.
   */
  readonly interval: readonly [low: number, high: number];
  /** Percent of all cases in which the size that remains is to lie in the interval. */
  readonly confidence: number;
  /** Guests that the interval was drawn from; 0: none, the predicted size stands alone. */
  readonly samples: number;
  /** What was plugged before, in address order, and how likely it stays. */
  readonly stays: readonly StayChance[];
  /** Bytes of a device block. */
  readonly deviceBlockSize: number;
  /** Bytes of a subblock. */
  readonly subblockSize: number;
  /** Bytes of a memory block. */
  readonly memoryBlockSize: number;
  /** The device as Linux calls it, `virtio0`; null where nothing says it. */
  readonly device: string | null;
  /** Guest physical start of the region in bytes. */
  readonly regionStart: number;
  /** Bytes of the device region. */
  readonly regionSize: number;
  /** One character 0 or 1 per device block of the whole region, in address order. */
  readonly pluggedBefore: string;
  /** Device blocks afterwards, as in pluggedBefore. */
  readonly pluggedAfter: string;
  /** All requests of the driver, in order. */
  readonly requests: readonly DeviceRequest[];
  /** The device's memory blocks that are plugged or known to Linux, ascending. */
  readonly memoryBlocks: readonly PredictedMemoryBlock[];
  /** Subblocks that were tried, or seen to be blocked, and stay, ascending. */
  readonly obstacles: readonly Obstacle[];
  /** What would help, where it was asked: each by itself, then all together. */
  readonly whatIf?: readonly WhatIfGain[];
  /** Virtual times in ms at which the driver would try again. */
  readonly retries: readonly number[];
  /** Base pages moved. */
  readonly migratedPages: number;
  /** Clean file pages dropped. */
  readonly droppedPages: number;
  /** Virtual milliseconds that it took. */
  readonly virtualMs: number;
  /** What it took. */
  readonly cost: Cost;
  /** Real time; filled in by the command line, never part of a comparison. */
  readonly wallMs?: number;
  /** What makes the answer unsure, in words; empty where nothing does. */
  readonly notes: readonly string[];
}
