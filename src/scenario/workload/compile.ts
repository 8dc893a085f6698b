import { MiB, nsOf } from "../../units.js";
import { described, SIZE, TIME } from "../file/schema-parts.js";
import { workloadSchema, type KindOfWorkload, type WorkloadLife } from "./kind.js";
import {
  countSchema,
  DROP_CACHE_SCHEMA,
  DROPS_SCHEMA,
  LONGEST_MS,
  memory,
  milliseconds,
  pages,
  SECOND,
  within,
} from "./values.js";

/** A build. Sizes are bytes. */
export interface CompileWorkload extends WorkloadLife {
  /** Tells this kind of workload from the others. */
  readonly kind: "compile";
  /** Jobs side by side. */
  readonly jobs: number;
  /** Of the largest job; the smallest has a quarter. */
  readonly size: number;
  /** Mean time of a job. */
  readonly lifeMs: number;
  /** Jobs of the whole build. */
  readonly totalJobs: number;
  /** Left in the page cache by a job. */
  readonly cachePerJob: number;
  /** Is what it has left in the page cache dropped when it stops? */
  readonly dropCache: boolean;
  /** When the caches are dropped (drop_caches). */
  readonly dropAtMs: readonly number[];
}

/** Jobs side by side that grow until they end and leave files in the page cache. @internal */
export const COMPILE: KindOfWorkload<
  CompileWorkload,
  "jobs" | "size" | "life" | "cache" | "total" | "cacheLimit"
> = {
  core: { number: 6, settings: { jobs: 0, size: 1, life: 2, cache: 3, total: 4, cacheLimit: 5 } },
  schema: workloadSchema(
    "A build: jobs side by side that grow until they end and leave files in the page cache.",
    [],
    {
      jobs: countSchema(256, "Jobs side by side. Default: 8."),
      size: described(
        SIZE,
        "Memory of the largest job; the smallest has a quarter. Default: 512MiB.",
      ),
      life: described(TIME, "Mean time of a job. Default: 10s."),
      totalJobs: countSchema(0xffffffff, "Jobs of the whole build. Default: without end."),
      cachePerJob: described(SIZE, "Left in the page cache by a job. Default: 2MiB."),
      dropCache: DROP_CACHE_SCHEMA,
      dropAt: DROPS_SCHEMA,
    },
  ),
  resolve: (fields, limits) => ({
    jobs: fields.number("jobs", 8),
    size: memory(fields, "size", limits, Math.min(512 * MiB, limits.capacity)),
    lifeMs: within(fields, "life", 10 * SECOND, [2, LONGEST_MS]),
    totalJobs: fields.number("totalJobs", 0xffffffff),
    cachePerJob: fields.size("cachePerJob", 2 * MiB),
    dropCache: fields.flag("dropCache", false),
    dropAtMs: fields.times("dropAt"),
  }),
  settings: ({ jobs, size, lifeMs, cachePerJob, totalJobs }, { capacityPages }) => ({
    jobs,
    size: Math.max(4, pages(size)),
    life: Math.max(2, milliseconds(lifeMs)),
    cache: pages(cachePerJob),
    total: totalJobs,
    cacheLimit: capacityPages,
  }),
  spreads: ["size", "lifeMs"],
  pagesPerSecond: ({ jobs, size, lifeMs }) => (2 * jobs * pages(size) * 1e9) / nsOf(lifeMs),
  actions: ({ dropAtMs }) => dropAtMs.map((atMs) => ({ atMs, type: "drop-caches" })),
};
