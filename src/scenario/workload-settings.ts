import { Migratetype, PAGE_SIZE, PageClass, ZoneKindNumber } from "../core/abi.js";
import { WorkloadKindNumber } from "../core/guest-workloads.js";
import type { KernelWorkload, ScenarioWorkload } from "./scenario.js";

/** Pages of a run that no u32 holds would be more than a guest can have. */
const MAX_U32 = 0xffffffff;
const NS_PER_MS = 1e6;
const NS_PER_US = 1000;

/** What a workload needs to know of the guest that it runs in. */
export interface WorkloadSurroundings {
  /** Pages that the guest can ever have. */
  readonly capacityPages: number;
  /** Pages of zone Normal now. */
  readonly normalPages: number;
}

const pages = (bytes: number): number => Math.min(MAX_U32, Math.ceil(bytes / PAGE_SIZE));
const milliseconds = (ns: number): number => Math.max(1, Math.round(ns / NS_PER_MS));
const microseconds = (ns: number): number => Math.max(1, Math.round(ns / NS_PER_US));
const perMille = (share: number): number => Math.round(share * 1000);

/** The core's kind of a workload, and its settings in the order of the numbers that assembly/workload-*.ts give them. */
export function coreWorkload(
  workload: ScenarioWorkload,
  { capacityPages, normalPages }: WorkloadSurroundings,
): { readonly kind: WorkloadKindNumber; readonly settings: readonly number[] } {
  switch (workload.kind) {
    case "anonymous": {
      const { size, faultRate, churnRate, chunk, thpShare } = workload;
      const rates = [pages(faultRate), pages(churnRate)];
      return {
        kind: WorkloadKindNumber.anonymous,
        settings: [pages(size), ...rates, pages(chunk), perMille(thpShare), capacityPages],
      };
    }
    case "page-cache": {
      const { readRate, size, dirtyShare } = workload;
      return {
        kind: WorkloadKindNumber.pageCache,
        settings: [pages(readRate), pages(size), perMille(dirtyShare)],
      };
    }
    case "kernel":
      return { kind: WorkloadKindNumber.kernel, settings: kernelSettings(workload) };
    case "network": {
      const { everyNs, burst, order, holdNs } = workload;
      const chunks = Math.max(1, Math.ceil(pages(burst) / 2 ** order));
      return {
        kind: WorkloadKindNumber.bursts,
        settings: [microseconds(everyNs), chunks, order, microseconds(holdNs)],
      };
    }
    case "pins": {
      const kind = workload.zone === "any" ? ZoneKindNumber.Movable : ZoneKindNumber.Normal;
      return {
        kind: WorkloadKindNumber.pins,
        settings: [pages(workload.size), pages(workload.rate), kind],
      };
    }
    case "functions": {
      const { everyNs, size, lifeNs, most, thpShare } = workload;
      const times = [milliseconds(everyNs), pages(size), milliseconds(lifeNs)];
      return { kind: WorkloadKindNumber.functions, settings: [...times, most, perMille(thpShare)] };
    }
    case "compile": {
      const { jobs, size, lifeNs, cachePerJob, totalJobs } = workload;
      const job = [Math.max(4, pages(size)), Math.max(2, milliseconds(lifeNs))];
      return {
        kind: WorkloadKindNumber.compile,
        settings: [jobs, ...job, pages(cachePerJob), totalJobs, capacityPages],
      };
    }
    case "frag": {
      const { threads, rounds, share, rate, movable } = workload;
      return {
        kind: WorkloadKindNumber.frag,
        settings: [
          fragPages(normalPages, threads),
          threads,
          rounds,
          Math.round(share * 100),
          rate,
          movable ? 1 : 0,
        ],
      };
    }
  }
}

/** Nine tenths of the zone, less ten pages for each thread, in equal parts. */
function fragPages(normalPages: number, threads: number): number {
  return Math.max(2, Math.floor((Math.floor((normalPages - threads * 10) / threads) * 90) / 100));
}

const KERNEL_TYPES: Readonly<
  Record<KernelWorkload["type"], readonly [pageClass: PageClass, type: Migratetype]>
> = {
  slab: [PageClass.Slab, Migratetype.Unmovable],
  "reclaimable-slab": [PageClass.Slab, Migratetype.Reclaimable],
  "page-table": [PageClass.PageTable, Migratetype.Unmovable],
};

/**
 * Half of the chunks live `shortest` in the mean, a quarter twice as long, and so on up to `longest`: the mean of all is
 * (octaves + 1) / 2 times `shortest`, and so many as live that long make up the size.
 */
function kernelSettings(workload: KernelWorkload): readonly number[] {
  const { size, type, order, shortestLifeNs, longestLifeNs } = workload;
  let octaves = 1;
  while (octaves < 32 && shortestLifeNs * 2 ** octaves <= longestLifeNs) octaves++;
  const chunks = Math.ceil(pages(size) / 2 ** order);
  const meanSeconds = (shortestLifeNs / 1e9) * ((octaves + 1) / 2);
  const rate = Math.min(MAX_U32, Math.max(1, Math.round(chunks / meanSeconds)));
  const [pageClass, migratetype] = KERNEL_TYPES[type];
  return [rate, order, pageClass, migratetype, microseconds(shortestLifeNs), octaves, 2 * chunks];
}

/** Pages a second that a workload may take or free, for the length of a step. */
export function pagesPerSecond(workload: ScenarioWorkload): number {
  switch (workload.kind) {
    case "anonymous":
      return pages(workload.faultRate) + pages(workload.churnRate);
    case "page-cache":
      return pages(workload.readRate);
    case "kernel": {
      const [rate = 0] = kernelSettings(workload);
      return 2 * rate * 2 ** workload.order;
    }
    case "network":
      return (2 * pages(workload.burst) * 1e9) / workload.everyNs;
    case "pins":
      return pages(workload.rate);
    case "functions":
      return (2 * pages(workload.size) * 1e9) / workload.everyNs;
    case "compile":
      return (2 * workload.jobs * pages(workload.size) * 1e9) / workload.lifeNs;
    case "frag":
      return workload.rate;
  }
}
