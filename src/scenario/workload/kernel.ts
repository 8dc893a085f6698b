import { Migratetype, PageClass } from "../../core/abi.js";
import { formatDuration, nsOf } from "../../units.js";
import { described, SIZE, TIME } from "../file/schema-parts.js";
import { workloadSchema, type KindOfWorkload, type WorkloadLife } from "./kind.js";
import {
  LONGEST_PERIOD_MS,
  memory,
  microseconds,
  ORDER_SCHEMA,
  pages,
  SECOND,
  within,
} from "./values.js";

const HOUR = 3600 * SECOND;
const MAX_U32 = 0xffffffff;

/** Kernel memory with a heavy tail of lifetimes. */
export interface KernelWorkload extends WorkloadLife {
  /** Tells this kind of workload from the others. */
  readonly kind: "kernel";
  /** Bytes that it has in the long run. */
  readonly size: number;
  /** What the pages are. */
  readonly type: "slab" | "reclaimable-slab" | "page-table";
  /** Each allocation is of 2^order pages. */
  readonly order: number;
  /** Mean life of the shortest-lived half. */
  readonly shortestLifeMs: number;
  /** Mean life of the longest-lived part. */
  readonly longestLifeMs: number;
}

/** Kernel memory that comes and goes and cannot move. @internal */
export const KERNEL: KindOfWorkload<
  KernelWorkload,
  "rate" | "order" | "class" | "type" | "shortest" | "octaves" | "capacity"
> = {
  core: {
    number: 2,
    settings: { rate: 0, order: 1, class: 2, type: 3, shortest: 4, octaves: 5, capacity: 6 },
  },
  schema: workloadSchema(
    "Kernel memory that comes and goes and cannot move; most of it lives for a moment, a little for very long.",
    ["size"],
    {
      size: described(SIZE, "What it has in the long run."),
      type: described(
        { enum: ["slab", "reclaimable-slab", "page-table"] },
        "What it is. Default: slab.",
      ),
      order: ORDER_SCHEMA,
      shortestLife: described(TIME, "Mean life of the shortest-lived half. Default: 1s."),
      longestLife: described(TIME, "Mean life of the longest-lived part. Default: 1h."),
    },
  ),
  resolve: (fields, limits) => {
    const shortestLifeMs = within(fields, "shortestLife", SECOND, [1, LONGEST_PERIOD_MS]);
    const longestLifeMs = fields.time("longestLife", HOUR);
    if (longestLifeMs < shortestLifeMs) {
      const [shortest, got] = [shortestLifeMs, longestLifeMs].map(formatDuration);
      fields.reject(
        "longestLife",
        `must be at least shortestLife (${shortest ?? ""}), got ${got ?? ""}`,
      );
    }
    return {
      size: memory(fields, "size", limits),
      type: fields.choice("type", "slab"),
      order: fields.number("order", 0),
      shortestLifeMs,
      longestLifeMs,
    };
  },
  settings: (workload) => {
    const { type, order, shortestLifeMs } = workload;
    const { rate, octaves, chunks } = lifetimes(workload);
    const [pageClass, migratetype] = KERNEL_TYPES[type];
    return {
      rate,
      order,
      class: pageClass,
      type: migratetype,
      shortest: microseconds(shortestLifeMs),
      octaves,
      capacity: 2 * chunks,
    };
  },
  spreads: ["size"],
  pagesPerSecond: (workload) => 2 * lifetimes(workload).rate * 2 ** workload.order,
};

const KERNEL_TYPES: Readonly<
  Record<KernelWorkload["type"], readonly [pageClass: PageClass, type: Migratetype]>
> = {
  slab: [PageClass.Slab, Migratetype.Unmovable],
  "reclaimable-slab": [PageClass.Slab, Migratetype.Reclaimable],
  "page-table": [PageClass.PageTable, Migratetype.Unmovable],
};

/**
 * Half of the chunks live `shortest` in the mean, a quarter twice as long, and so on up to
 * `longest`: the mean of all is (octaves + 1) / 2 times `shortest`, and so many as live that long
 * make up the size.
 */
function lifetimes({ size, order, shortestLifeMs, longestLifeMs }: KernelWorkload): {
  readonly rate: number;
  readonly octaves: number;
  readonly chunks: number;
} {
  let octaves = 1;
  while (octaves < 32 && shortestLifeMs * 2 ** octaves <= longestLifeMs) octaves++;
  const chunks = Math.ceil(pages(size) / 2 ** order);
  const meanSeconds = (nsOf(shortestLifeMs) / 1e9) * ((octaves + 1) / 2);
  const rate = Math.min(MAX_U32, Math.max(1, Math.round(chunks / meanSeconds)));
  return { rate, octaves, chunks };
}
