import type { ProfileName } from "../linux/profile.js";

/** What a run of a scenario found. Sizes are bytes, times are virtual milliseconds since boot. */
export interface ScenarioResult {
  /** Of the scenario. */
  readonly title: string;
  /** What chance was drawn from. */
  readonly seed: number;
  /** Names of the policies, joined by `+`. */
  readonly policy: string;
  /** Linux version. */
  readonly profile: ProfileName;
  /** Name of the price list. */
  readonly calibration: string;
  /** Memory that the guest has without its devices. */
  readonly bootSize: number;
  /** Virtual milliseconds that it was to last. */
  readonly durationMs: number;
  /** How far it came: the duration unless it was interrupted or the guest panicked. */
  readonly endedMs: number;
  /** Whether `stop` has ended it early. */
  readonly interrupted: boolean;
  /** Names of the devices. */
  readonly devices: readonly string[];
  /** What became of each workload. */
  readonly workloads: readonly WorkloadOutcome[];
  /** The run in figures. */
  readonly summary: ScenarioSummary;
  /** How it stood from time to time. */
  readonly samples: readonly Sample[];
  /** What happened, in order. */
  readonly events: readonly ScenarioEvent[];
}

/** The guest at one moment. Counts are since boot. */
export interface Sample {
  /** Virtual milliseconds since boot. */
  readonly atMs: number;
  /** Bytes that the host requests. */
  readonly requestedSize: number;
  /** Bytes that are plugged. */
  readonly pluggedSize: number;
  /** Memory of the guest that is in use, and such that is free. */
  readonly usedSize: number;
  /** Bytes free. */
  readonly freeSize: number;
  /** Bytes free where the kernel can take them: not in ZONE_MOVABLE. */
  readonly kernelFreeSize: number;
  /** Retry timers that have fired. */
  readonly retries: number;
  /** Base pages moved so far. */
  readonly migratedPages: number;
  /** Clean file pages dropped so far. */
  readonly droppedPages: number;
  /** Attempts on a range, and those that failed. */
  readonly attempts: number;
  /** Attempts that failed so far. */
  readonly failedAttempts: number;
  /** Chunks that workloads asked for in vain. */
  readonly failedAllocations: number;
  /** Share of the free memory that no huge page can use, in thousandths. */
  readonly unusableIndex: number;
  /** The longest run of wholly free, aligned 2 MiB, in bytes. */
  readonly largestFreeRun: number;
  /** Free chunks by order, 0 to 10, over all zones, as buddyinfo counts them. */
  readonly freeChunks: readonly number[];
  /** Bytes that each workload has, in the order of the file. */
  readonly held: readonly number[];
  /** The same two sizes of each device, in the order of the file. */
  readonly devices: readonly {
    /** Bytes that the host requests of it. */
    readonly requestedSize: number;
    /** Bytes that are plugged in it. */
    readonly pluggedSize: number;
  }[];
}

/** What became of a workload. */
export interface WorkloadOutcome {
  /** What reports call it. */
  readonly name: string;
  /** Its kind. */
  readonly kind: string;
  /** What it is doing at the end. */
  readonly state: string;
  /** Bytes that it has at the end; of one that was stopped, what it has left in the page cache. */
  readonly heldSize: number;
  /** Most bytes that it had at any moment, between samples, too. */
  readonly peakSize: number;
  /** Times that it was started, and killed for lack of memory. */
  readonly starts: number;
  /** How often it was killed for lack of memory. */
  readonly kills: number;
  /** Chunks that it asked for in vain. */
  readonly failedAllocations: number;
}

/** A run in figures: sizes in bytes, counts over the whole run. */
export interface ScenarioSummary {
  /** Requested at the end. */
  readonly requestedSize: number;
  /** Plugged at the end. */
  readonly pluggedSize: number;
  /** Used at the end. */
  readonly usedSize: number;
  /** Largest plugged size. */
  readonly peakPluggedSize: number;
  /** Largest used size. */
  readonly peakUsedSize: number;
  /** Plugged memory over time, in GiB times minutes. */
  readonly pluggedGibMinutes: number;
  /** Runs by retry timers. */
  readonly retries: number;
  /** Requests of the drivers. */
  readonly requests: number;
  /** Attempts of alloc_contig_range(). */
  readonly attempts: number;
  /** Attempts that failed. */
  readonly failedAttempts: number;
  /** Base pages moved. */
  readonly migratedPages: number;
  /** Clean file pages dropped. */
  readonly droppedPages: number;
  /** Allocations that workloads did not get. */
  readonly failedAllocations: number;
  /** Kills of the OOM killer. */
  readonly oomKills: number;
  /** Whether Linux panicked. */
  readonly panicked: boolean;
  /**
   * Each resize request of the host: how long until the guest had that size; null where it never
   * did.
   */
  readonly orders: readonly OrderOutcome[];
}

/** What became of a resize request. */
export interface OrderOutcome {
  /** Name of the device. */
  readonly device: string;
  /** When it was made. */
  readonly atMs: number;
  /** Bytes requested. */
  readonly requestedSize: number;
  /** How long it took; null where it was not reached. */
  readonly reachedAfterMs: number | null;
  /** Plugged when the next order came, or at the end. */
  readonly pluggedSize: number;
}

/** When an event happened. */
export interface EventTime {
  /** Virtual milliseconds since boot. */
  readonly atMs: number;
}

/** The host requests a size. */
export interface OrderEvent extends EventTime {
  /** `order`. */
  readonly type: "order";
  /** Name of the device. */
  readonly device: string;
  /** Bytes that are requested. */
  readonly requestedSize: number;
}

/** A device has the size that was requested of it. */
export interface ReachedEvent extends EventTime {
  /** `reached`. */
  readonly type: "reached";
  /** Name of the device. */
  readonly device: string;
  /** Bytes that are requested, and plugged. */
  readonly requestedSize: number;
}

/** A device does not take the size that the host requests. */
export interface RefusedEvent extends EventTime {
  /** `refused`. */
  readonly type: "refused";
  /** Name of the device. */
  readonly device: string;
  /** Bytes that were to be requested. */
  readonly requestedSize: number;
  /** Why, in words. */
  readonly why: string;
}

/** The driver waits for its retry timer or an event, and the requested size is not reached. */
export interface GaveUpEvent extends EventTime {
  /** `gave-up`. */
  readonly type: "gave-up";
  /** Name of the device. */
  readonly device: string;
  /** Bytes that are requested. */
  readonly requestedSize: number;
  /** Bytes that are plugged. */
  readonly pluggedSize: number;
  /** Why, in words. */
  readonly why: string;
}

/** Something is done to a workload. */
export interface WorkloadEvent extends EventTime {
  /** It starts, it ends, or its part of the page cache is dropped. */
  readonly type: "workload-start" | "workload-stop" | "drop-caches";
  /** Name of the workload. */
  readonly workload: string;
}

/** A fault begins or ends. */
export interface FaultEvent extends EventTime {
  /** `fault`. */
  readonly type: "fault";
  /** Kind of fault, as the scenario file names it. */
  readonly kind: string;
  /** `true` where it begins, `false` where it ends. */
  readonly begins: boolean;
}

/** A workload of kind `frag` has finished a round. The counts are of zone Normal. */
export interface FragRoundEvent extends EventTime {
  /** `frag-round`. */
  readonly type: "frag-round";
  /** Name of the workload. */
  readonly workload: string;
  /** Number of the round, from 1 on. */
  readonly round: number;
  /** Free pages. */
  readonly freePages: number;
  /** Free, aligned 2 MiB. */
  readonly freeHugePages: number;
  /** Pages to move to free as many more of those as possible. */
  readonly moves: number;
}

/** The OOM killer ends a program. */
export interface OomKillEvent extends EventTime {
  /** `oom-kill`. */
  readonly type: "oom-kill";
  /** Name of the workload that was killed. */
  readonly victim: string;
  /** Name of the workload whose request could not be served. */
  readonly requester: string;
  /** Bytes that the victim had. */
  readonly size: number;
  /** Order of the request. */
  readonly order: number;
}

/** The guest panics; the run ends. */
export interface PanicEvent extends EventTime {
  /** `panic`. */
  readonly type: "panic";
  /** Why, in words. */
  readonly why: string;
}

/** What happened at a moment, in order of time. */
export type ScenarioEvent =
  | OrderEvent
  | ReachedEvent
  | RefusedEvent
  | GaveUpEvent
  | WorkloadEvent
  | FaultEvent
  | FragRoundEvent
  | OomKillEvent
  | PanicEvent;

/** How the guest stands, whenever a sample is due. */
export interface SampleEvent {
  /** `sample`. */
  readonly type: "sample";
  /** The guest at that moment. */
  readonly sample: Sample;
}

/** What the iterator of a run yields: events, and a sample whenever one is due. */
export type RunEvent = ScenarioEvent | SampleEvent;
