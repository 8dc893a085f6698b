import type { Cost } from "./cost.js";
import type { MemoryBlockState } from "../virtio-mem/memory-block-state.js";

/** A request as the device got it. */
export interface DeviceRequest {
  readonly type: "PLUG" | "UNPLUG" | "UNPLUG_ALL" | "STATE";
  /** Bytes from the region start. */
  readonly offset: number;
  readonly nbBlocks: number;
  readonly response: "ACK" | "NACK" | "BUSY" | "ERROR";
}

/** A subblock that was tried and stayed. */
export interface Obstacle {
  /** Bytes from the region start. */
  readonly offset: number;
  readonly size: number;
  /** The first page in the way; null where memory for targets ran out. */
  readonly pfn: number | null;
  /** Page class in the way (docs/prediction-schema.md lists them); null likewise. */
  readonly class: string | null;
  readonly stage: "isolate" | "migrate" | "test" | "memory";
  /** alloc_contig_range() attempts made on it. */
  readonly tries: number;
}

export interface PredictedMemoryBlock {
  readonly id: number;
  /** Bytes from the region start. */
  readonly offset: number;
  readonly size: number;
  readonly state: MemoryBlockState;
  readonly zone: string | null;
  /** Bytes of it that are plugged. */
  readonly plugged: number;
}

/** How likely a part of the region that was plugged before stays so. */
export interface StayChance {
  /** Bytes from the region start. */
  readonly offset: number;
  readonly size: number;
  /** Of each of its subblocks by itself, 0 to 1, in thousandths. */
  readonly probability: number;
}

/**
 * The answer to "what would this guest give back". Public API: docs/prediction-schema.md. Sizes and
 * addresses are numbers of bytes, times are virtual milliseconds from the request on.
 */
export interface Prediction {
  readonly profile: string;
  /** Names of the policies that decided, joined by `+`. */
  readonly policy: string;
  readonly requestedSize: number;
  readonly pluggedSizeBefore: number;
  readonly pluggedSizeAfter: number;
  /** Interval of the size that remains, by `confidence`; `[after, after]` where nothing is uncertain. */
  readonly interval: readonly [low: number, high: number];
  /** Percent of all cases in which the size that remains is to lie in the interval. */
  readonly confidence: number;
  /** Guests that the interval was drawn from; 0: none, the predicted size stands alone. */
  readonly samples: number;
  /** What was plugged before, in address order, and how likely it stays. */
  readonly stays: readonly StayChance[];
  readonly deviceBlockSize: number;
  readonly subblockSize: number;
  readonly memoryBlockSize: number;
  /** The device as Linux calls it, `virtio0`; null where nothing says it. */
  readonly device: string | null;
  readonly regionStart: number;
  readonly regionSize: number;
  /** One character 0 or 1 per device block of the whole region, in address order. */
  readonly pluggedBefore: string;
  readonly pluggedAfter: string;
  readonly requests: readonly DeviceRequest[];
  readonly memoryBlocks: readonly PredictedMemoryBlock[];
  readonly obstacles: readonly Obstacle[];
  /** Virtual times in ms at which the driver would try again. */
  readonly retries: readonly number[];
  readonly migratedPages: number;
  readonly droppedPages: number;
  readonly virtualMs: number;
  readonly cost: Cost;
  /** Real time; filled in by the command line, never part of a comparison. */
  readonly wallMs?: number;
  /** What makes the answer unsure, in words; empty where nothing does. */
  readonly notes: readonly string[];
}
