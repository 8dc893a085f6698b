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
    readonly requestedSize: number;
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
  /** Bytes that it has at the end. */
  readonly heldSize: number;
  /** Most bytes that it had. */
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

/** What happened at a moment, in order of time. */
export type ScenarioEvent =
  | (EventTime & {
      readonly type: "order";
      readonly device: string;
      readonly requestedSize: number;
    })
  | (EventTime & {
      readonly type: "reached";
      readonly device: string;
      readonly requestedSize: number;
    })
  | (EventTime & {
      readonly type: "refused";
      readonly device: string;
      readonly requestedSize: number;
      readonly why: string;
    })
  | (EventTime & {
      readonly type: "gave-up";
      readonly device: string;
      readonly requestedSize: number;
      readonly pluggedSize: number;
      readonly why: string;
    })
  | (EventTime & {
      readonly type: "workload-start" | "workload-stop" | "drop-caches";
      readonly workload: string;
    })
  | (EventTime & { readonly type: "fault"; readonly kind: string; readonly begins: boolean })
  | (EventTime & {
      readonly type: "frag-round";
      readonly workload: string;
      readonly round: number;
      /**
       * Of zone Normal: free pages, free 2 MiB frames, pages to move to free as many more as
       * possible.
       */
      readonly freePages: number;
      readonly freeHugePages: number;
      readonly moves: number;
    })
  | (EventTime & {
      readonly type: "oom-kill";
      readonly victim: string;
      readonly requester: string;
      readonly size: number;
      readonly order: number;
    })
  | (EventTime & { readonly type: "panic"; readonly why: string });

/** What the iterator of a run yields: events, and a sample whenever one is due. */
export type RunEvent = ScenarioEvent | { readonly type: "sample"; readonly sample: Sample };
