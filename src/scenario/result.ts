import type { ProfileName } from "../linux/profile.js";

/** What a run of a scenario found. Sizes are bytes, times are virtual milliseconds since boot. */
export interface ScenarioResult {
  readonly title: string;
  readonly seed: number;
  readonly policy: string;
  readonly profile: ProfileName;
  readonly calibration: string;
  /** Memory that the guest has without its devices. */
  readonly bootSize: number;
  readonly durationMs: number;
  /** How far it came: the duration unless it was interrupted or the guest panicked. */
  readonly endedMs: number;
  readonly interrupted: boolean;
  /** Names of the devices. */
  readonly devices: readonly string[];
  readonly workloads: readonly WorkloadOutcome[];
  readonly summary: ScenarioSummary;
  readonly samples: readonly Sample[];
  readonly events: readonly ScenarioEvent[];
}

/** The guest at one moment. Counts are since boot. */
export interface Sample {
  readonly atMs: number;
  readonly requestedSize: number;
  readonly pluggedSize: number;
  /** Memory of the guest that is in use, and such that is free. */
  readonly usedSize: number;
  readonly freeSize: number;
  /** Retry timers that have fired. */
  readonly retries: number;
  readonly migratedPages: number;
  readonly droppedPages: number;
  /** Attempts on a range, and those that failed. */
  readonly attempts: number;
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

export interface WorkloadOutcome {
  readonly name: string;
  readonly kind: string;
  readonly state: string;
  readonly heldSize: number;
  readonly peakSize: number;
  /** Times that it was started, and killed for lack of memory. */
  readonly starts: number;
  readonly kills: number;
  /** Chunks that it asked for in vain. */
  readonly failedAllocations: number;
}

export interface ScenarioSummary {
  readonly requestedSize: number;
  readonly pluggedSize: number;
  readonly usedSize: number;
  readonly peakPluggedSize: number;
  readonly peakUsedSize: number;
  /** Plugged memory over time, in GiB times minutes. */
  readonly pluggedGibMinutes: number;
  readonly retries: number;
  readonly requests: number;
  readonly attempts: number;
  readonly failedAttempts: number;
  readonly migratedPages: number;
  readonly droppedPages: number;
  readonly failedAllocations: number;
  readonly oomKills: number;
  readonly panicked: boolean;
  /** Each order of the host: how long until the guest had that size; null where it never did. */
  readonly orders: readonly OrderOutcome[];
}

export interface OrderOutcome {
  readonly device: string;
  readonly atMs: number;
  readonly requestedSize: number;
  readonly reachedAfterMs: number | null;
  /** Plugged when the next order came, or at the end. */
  readonly pluggedSize: number;
}

/** When an event happened. */
export interface EventTime {
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
      /** Of zone Normal: free pages, free 2 MiB frames, pages to move to free as many more as possible. */
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
