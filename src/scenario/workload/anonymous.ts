import { GiB, KiB } from "../../units.js";
import type { Fields } from "../file/fields.js";
import { described, object, SIZE, TIME } from "../file/schema-parts.js";
import {
  workloadSchema,
  type KindOfWorkload,
  type WorkloadLife,
  type WorkloadLimits,
} from "./kind.js";
import { atLeastAPage, memory, pages, perMille, THP_SHARE_SCHEMA } from "./values.js";

/** Memory of a program that lives. Sizes are bytes, rates bytes a second. */
export interface AnonymousWorkload extends WorkloadLife {
  /** Tells this kind of workload from the others. */
  readonly kind: "anonymous";
  /** Bytes that it wants to have. */
  readonly size: number;
  /** Bytes a second that are faulted in. */
  readonly faultRate: number;
  /** Bytes a second that are given back and faulted in again. */
  readonly churnRate: number;
  /** Given back together. */
  readonly chunk: number;
  /** Share of its memory that asks for huge pages, 0 to 1. */
  readonly thpShare: number;
  /** Other sizes that it wants to have later. */
  readonly resize: readonly {
    /** When it changes, in virtual milliseconds since boot. */
    readonly atMs: number;
    /** Bytes that it wants to have from then on. */
    readonly size: number;
  }[];
}

/**
 * A program: faults memory in up to a size, gives it back in chunks and faults as much in again.
 *
 * @internal
 */
export const ANONYMOUS: KindOfWorkload<
  AnonymousWorkload,
  "target" | "faultRate" | "churnRate" | "chunk" | "thpShare" | "capacity"
> = {
  core: {
    number: 0,
    settings: { target: 0, faultRate: 1, churnRate: 2, chunk: 3, thpShare: 4, capacity: 5 },
  },
  schema: workloadSchema(
    "A program: faults memory in up to a size, then gives it back in chunks and faults as much in anew.",
    ["size"],
    {
      size: described(SIZE, "How much it wants to have."),
      faultRate: described(SIZE, "Faulted in per second. Default: 1GiB."),
      churnRate: described(SIZE, "Given back and faulted in anew per second. Default: 0."),
      chunk: described(SIZE, "Given back together. Default: 256KiB."),
      thpShare: THP_SHARE_SCHEMA,
      resize: {
        description: "Other sizes that it wants to have later.",
        type: "array",
        maxItems: 1000,
        items: object("From then on it wants to have this size.", ["at", "size"], {
          at: TIME,
          size: SIZE,
        }),
      },
    },
  ),
  resolve: (fields, limits) => ({
    size: memory(fields, "size", limits),
    faultRate: fields.size("faultRate", GiB),
    churnRate: fields.size("churnRate", 0),
    chunk: atLeastAPage(fields, "chunk", 256 * KiB),
    thpShare: fields.number("thpShare", 0),
    resize: resolveResize(fields, limits),
  }),
  settings: ({ size, faultRate, churnRate, chunk, thpShare }, { capacityPages }) => ({
    target: pages(size),
    faultRate: pages(faultRate),
    churnRate: pages(churnRate),
    chunk: pages(chunk),
    thpShare: perMille(thpShare),
    capacity: capacityPages,
  }),
  spreads: ["size", "churnRate"],
  pagesPerSecond: ({ faultRate, churnRate }) => pages(faultRate) + pages(churnRate),
  actions: ({ resize }) => resize.map(({ atMs, size }) => ({ atMs, type: "resize", size })),
};

function resolveResize(
  fields: Fields,
  limits: WorkloadLimits,
): { readonly atMs: number; readonly size: number }[] {
  let lastMs = 0;
  return fields.list("resize").map((item) => {
    const atMs = item.time("at");
    if (atMs < lastMs) item.reject("at", "must not be before the one above it");
    lastMs = atMs;
    return { atMs, size: memory(item, "size", limits) };
  });
}
