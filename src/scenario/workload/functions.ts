import { nsOf } from "../../units.js";
import { described, SIZE, TIME } from "../file/schema-parts.js";
import { workloadSchema, type KindOfWorkload, type WorkloadLife } from "./kind.js";
import {
  countSchema,
  LONGEST_MS,
  memory,
  milliseconds,
  pages,
  perMille,
  SECOND,
  THP_SHARE_SCHEMA,
  within,
} from "./values.js";

/** Serverless functions. */
export interface FunctionsWorkload extends WorkloadLife {
  /** Tells this kind of workload from the others. */
  readonly kind: "functions";
  /** Bytes of a function. */
  readonly size: number;
  /** Mean time from start to start. */
  readonly everyMs: number;
  /** Mean life of a function. */
  readonly lifeMs: number;
  /** Functions at a time, at most. */
  readonly most: number;
  /** Share of their memory that asks for huge pages, 0 to 1. */
  readonly thpShare: number;
}

/** Many small programs that start, live a while and end. @internal */
export const FUNCTIONS: KindOfWorkload<
  FunctionsWorkload,
  "interval" | "size" | "life" | "most" | "thpShare"
> = {
  core: { number: 5, settings: { interval: 0, size: 1, life: 2, most: 3, thpShare: 4 } },
  schema: workloadSchema(
    "Serverless functions: many small programs that start, live a while and end.",
    ["size"],
    {
      size: described(SIZE, "Memory of a function."),
      every: described(TIME, "Mean time from start to start. Default: 1s."),
      life: described(TIME, "Mean life of a function. Default: 10s."),
      most: countSchema(
        1024,
        "Functions at a time, at most; what comes then is turned away. Default: 64.",
      ),
      thpShare: THP_SHARE_SCHEMA,
    },
  ),
  resolve: (fields, limits) => ({
    size: memory(fields, "size", limits),
    everyMs: within(fields, "every", SECOND, [1, LONGEST_MS]),
    lifeMs: within(fields, "life", 10 * SECOND, [1, LONGEST_MS]),
    most: fields.number("most", 64),
    thpShare: fields.number("thpShare", 0),
  }),
  settings: ({ everyMs, size, lifeMs, most, thpShare }) => ({
    interval: milliseconds(everyMs),
    size: pages(size),
    life: milliseconds(lifeMs),
    most,
    thpShare: perMille(thpShare),
  }),
  spreads: ["size", "lifeMs"],
  pagesPerSecond: ({ size, everyMs }) => (2 * pages(size) * 1e9) / nsOf(everyMs),
};
