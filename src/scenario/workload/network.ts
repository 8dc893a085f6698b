import { nsOf } from "../../units.js";
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

/** Bursts of unmovable buffers. */
export interface NetworkWorkload extends WorkloadLife {
  /** Tells this kind of workload from the others. */
  readonly kind: "network";
  /** Bytes of the largest burst; the smallest is half of it. */
  readonly burst: number;
  /** Each allocation is of 2^order pages. */
  readonly order: number;
  /** Mean time from burst to burst. */
  readonly everyMs: number;
  /** How long buffers are held. */
  readonly holdMs: number;
}

/** A network under load. @internal */
export const NETWORK: KindOfWorkload<NetworkWorkload, "period" | "burst" | "order" | "hold"> = {
  core: { number: 3, settings: { period: 0, burst: 1, order: 2, hold: 3 } },
  schema: workloadSchema(
    "A network under load: bursts of unmovable buffers, each held for a moment.",
    ["burst"],
    {
      burst: described(SIZE, "The largest burst; the smallest is half of it."),
      order: ORDER_SCHEMA,
      every: described(TIME, "Mean time from burst to burst. Default: 500ms."),
      hold: described(TIME, "How long buffers are held, at most half of `every`. Default: 100ms."),
    },
  ),
  resolve: (fields, limits) => {
    const everyMs = within(fields, "every", SECOND / 2, [1, LONGEST_PERIOD_MS]);
    const half = everyMs / 2;
    return {
      burst: memory(fields, "burst", limits),
      order: fields.number("order", 0),
      everyMs,
      holdMs: within(fields, "hold", Math.min(SECOND / 10, half), [0.001, half]),
    };
  },
  settings: ({ everyMs, burst, order, holdMs }) => ({
    period: microseconds(everyMs),
    burst: Math.max(1, Math.ceil(pages(burst) / 2 ** order)),
    order,
    hold: microseconds(holdMs),
  }),
  spreads: ["burst"],
  pagesPerSecond: ({ burst, everyMs }) => (2 * pages(burst) * 1e9) / nsOf(everyMs),
};
