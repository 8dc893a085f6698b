// Sizes are bytes, rates bytes a second, times nanoseconds.

interface WorkloadLife {
  readonly name: string;
  readonly startNs: number;
  /** When it ends and frees all that it has; undefined: never. */
  readonly stopNs: number | undefined;
  /** When it starts anew after it was killed for lack of memory; undefined: never. */
  readonly restartAfterNs: number | undefined;
}

/** Memory of a program that lives. */
export interface AnonymousWorkload extends WorkloadLife {
  readonly kind: "anonymous";
  readonly size: number;
  readonly faultRate: number;
  readonly churnRate: number;
  readonly chunk: number;
  readonly thpShare: number;
  /** Other sizes that it wants to have later. */
  readonly resize: readonly { readonly atNs: number; readonly size: number }[];
}

/** Files that are read, and some that are written. */
export interface PageCacheWorkload extends WorkloadLife {
  readonly kind: "page-cache";
  readonly size: number;
  readonly readRate: number;
  readonly dirtyShare: number;
  /** When somebody drops the caches. */
  readonly dropAtNs: readonly number[];
}

/** Kernel memory with a heavy tail of lifetimes. */
export interface KernelWorkload extends WorkloadLife {
  readonly kind: "kernel";
  /** What it has in the long run. */
  readonly size: number;
  readonly type: "slab" | "reclaimable-slab" | "page-table";
  readonly order: number;
  readonly shortestLifeNs: number;
  readonly longestLifeNs: number;
}

/** Bursts of unmovable buffers. */
export interface NetworkWorkload extends WorkloadLife {
  readonly kind: "network";
  readonly burst: number;
  readonly order: number;
  readonly everyNs: number;
  readonly holdNs: number;
}

/** Memory pinned for good. */
export interface PinsWorkload extends WorkloadLife {
  readonly kind: "pins";
  readonly size: number;
  readonly rate: number;
  /** `kernel`: Linux moves it out of ZONE_MOVABLE before it pins it; `any`: it does not know. */
  readonly zone: "kernel" | "any";
}

/** Serverless functions. */
export interface FunctionsWorkload extends WorkloadLife {
  readonly kind: "functions";
  /** Of a function. */
  readonly size: number;
  /** Mean time from start to start. */
  readonly everyNs: number;
  /** Mean life of a function. */
  readonly lifeNs: number;
  readonly most: number;
  readonly thpShare: number;
}

/** A build. */
export interface CompileWorkload extends WorkloadLife {
  readonly kind: "compile";
  /** Side by side. */
  readonly jobs: number;
  /** Of the largest job. */
  readonly size: number;
  readonly lifeNs: number;
  readonly totalJobs: number;
  /** Left in the page cache by a job. */
  readonly cachePerJob: number;
  readonly dropAtNs: readonly number[];
}

/** LLFree's benchmark of fragmentation, on the guest's zone Normal. */
export interface FragWorkload extends WorkloadLife {
  readonly kind: "frag";
  readonly threads: number;
  readonly rounds: number;
  /** Of what is held, reallocated by a round: 0 to 0.9. */
  readonly share: number;
  /** Operations a second. */
  readonly rate: number;
  readonly movable: boolean;
}

export type ScenarioWorkload =
  | AnonymousWorkload
  | PageCacheWorkload
  | KernelWorkload
  | NetworkWorkload
  | PinsWorkload
  | FunctionsWorkload
  | CompileWorkload
  | FragWorkload;
export type WorkloadKind = ScenarioWorkload["kind"];
