import { MiB } from "../../units.js";
import { described, SHARE, SIZE } from "../file/schema-parts.js";
import { workloadSchema, type KindOfWorkload, type WorkloadLife } from "./kind.js";
import { DROP_CACHE_SCHEMA, DROPS_SCHEMA, memory, pages, perMille } from "./values.js";

/** Files that are read, and some that are written. Sizes are bytes, rates bytes a second. */
export interface PageCacheWorkload extends WorkloadLife {
  /** Tells this kind of workload from the others. */
  readonly kind: "page-cache";
  /** Bytes that the files have. */
  readonly size: number;
  /** Bytes a second that are read. */
  readonly readRate: number;
  /** Share that was written and not synced, 0 to 1. */
  readonly dirtyShare: number;
  /** Is what it has left in the page cache dropped when it stops? */
  readonly dropCache: boolean;
  /** When the caches are dropped (drop_caches). */
  readonly dropAtMs: readonly number[];
}

/** Programs that read files larger than memory. @internal */
export const PAGE_CACHE: KindOfWorkload<PageCacheWorkload, "readRate" | "limit" | "dirtyShare"> = {
  core: { number: 1, settings: { readRate: 0, limit: 1, dirtyShare: 2 } },
  schema: workloadSchema(
    "Programs that read files larger than memory: the cache takes what is free and makes room for whoever asks.",
    [],
    {
      size: described(SIZE, "What the files have. Default: all the memory the guest can have."),
      readRate: described(SIZE, "Read per second. Default: 200MiB."),
      dirtyShare: described(
        SHARE,
        "Share that was written and not synced: it moves, but is not dropped. Default: 0.",
      ),
      dropCache: DROP_CACHE_SCHEMA,
      dropAt: DROPS_SCHEMA,
    },
  ),
  resolve: (fields, limits) => ({
    size: memory(fields, "size", limits, limits.capacity),
    readRate: fields.size("readRate", 200 * MiB),
    dirtyShare: fields.number("dirtyShare", 0),
    dropCache: fields.flag("dropCache", false),
    dropAtMs: fields.times("dropAt"),
  }),
  settings: ({ readRate, size, dirtyShare }) => ({
    readRate: pages(readRate),
    limit: pages(size),
    dirtyShare: perMille(dirtyShare),
  }),
  spreads: ["size", "readRate"],
  pagesPerSecond: ({ readRate }) => pages(readRate),
  actions: ({ dropAtMs }) => dropAtMs.map((atMs) => ({ atMs, type: "drop-caches" })),
};
