import { described } from "../file/schema-parts.js";
import { workloadSchema, type KindOfWorkload, type WorkloadLife } from "./kind.js";
import { countSchema } from "./values.js";

/** LLFree's benchmark of fragmentation, on the guest's zone Normal. */
export interface FragWorkload extends WorkloadLife {
  /** Tells this kind of workload from the others. */
  readonly kind: "frag";
  /** Threads that take turns. */
  readonly threads: number;
  /** Rounds of reallocation. */
  readonly rounds: number;
  /** Of what is held, reallocated by a round: 0 to 0.9. */
  readonly share: number;
  /** Operations a second. */
  readonly rate: number;
  /** Whether the pages can be migrated; those of the original cannot. */
  readonly movable: boolean;
}

/**
 * Fills nine tenths of a zone, frees a random half, reallocates a share round by round.
 *
 * @internal
 */
export const FRAG: KindOfWorkload<
  FragWorkload,
  "pages" | "threads" | "rounds" | "share" | "rate" | "movable"
> = {
  core: { number: 7, settings: { pages: 0, threads: 1, rounds: 2, share: 3, rate: 4, movable: 5 } },
  schema: workloadSchema(
    "LLFree's benchmark: fills nine tenths of zone Normal with single pages, frees a random half, then reallocates a share round by round.",
    [],
    {
      threads: countSchema(64, "Threads that take turns. Default: 8."),
      rounds: countSchema(1000, "Rounds. Default: 100."),
      share: described(
        { type: "number", minimum: 0, maximum: 0.9 },
        "Of the pages held, reallocated by a round. Default: 0.1.",
      ),
      rate: described(
        { type: "integer", minimum: 1000, maximum: 4_000_000_000 },
        "Operations a second. Default: 20000000.",
      ),
      movable: described(
        { type: "boolean" },
        "Whether the pages can be migrated; those of the original cannot. Default: false.",
      ),
    },
  ),
  resolve: (fields) => ({
    threads: fields.number("threads", 8),
    rounds: fields.number("rounds", 100),
    share: fields.number("share", 0.1),
    rate: fields.number("rate", 20_000_000),
    movable: fields.flag("movable", false),
  }),
  settings: ({ threads, rounds, share, rate, movable }, { normalPages }) => ({
    pages: pagesPerThread(normalPages, threads),
    threads,
    rounds,
    share: Math.round(share * 100),
    rate,
    movable: movable ? 1 : 0,
  }),
  spreads: [],
  pagesPerSecond: ({ rate }) => rate,
};

/** Nine tenths of the zone, less ten pages for each thread, in equal parts. */
function pagesPerThread(normalPages: number, threads: number): number {
  return Math.max(2, Math.floor((Math.floor((normalPages - threads * 10) / threads) * 90) / 100));
}
