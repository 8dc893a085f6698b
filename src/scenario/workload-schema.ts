import { described, object, SHARE, SIZE, TIME, type JsonSchema } from "./schema-parts.js";

const count = (most: number, description: string): JsonSchema =>
  described({ type: "integer", minimum: 1, maximum: most }, description);
const ORDER: JsonSchema = described(
  { type: "integer", minimum: 0, maximum: 3 },
  "Each allocation is of 2^order pages. Default: 0.",
);
const DROPS: JsonSchema = described(
  { type: "array", items: TIME, maxItems: 1000 },
  "Times at which somebody drops the page cache.",
);
const THP_SHARE: JsonSchema = described(
  SHARE,
  "Share of its memory that asks for huge pages. Default: 0.",
);

function workload(
  description: string,
  required: readonly string[],
  properties: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  return object(description, ["kind", ...required], {
    kind: { type: "string" },
    name: described({ type: "string", minLength: 1, maxLength: 60 }, "What reports call it."),
    start: described(TIME, "When it starts. Default: 0s."),
    stop: described(TIME, "When it ends and frees all that it has. Default: never."),
    restartAfter: described(
      TIME,
      "How long after it was killed for lack of memory it starts anew. Default: never.",
    ),
    ...properties,
  });
}

/** What each kind of workload may say. */
export const WORKLOAD_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  anonymous: workload(
    "A program: faults memory in up to a size, then gives it back in chunks and faults as much in anew.",
    ["size"],
    {
      size: described(SIZE, "How much it wants to have."),
      faultRate: described(SIZE, "Faulted in per second. Default: 1GiB."),
      churnRate: described(SIZE, "Given back and faulted in anew per second. Default: 0."),
      chunk: described(SIZE, "Given back together. Default: 256KiB."),
      thpShare: THP_SHARE,
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
  "page-cache": workload(
    "Programs that read files larger than memory: the cache takes what is free and makes room for whoever asks.",
    [],
    {
      size: described(SIZE, "What the files have. Default: all the memory the guest can have."),
      readRate: described(SIZE, "Read per second. Default: 200MiB."),
      dirtyShare: described(
        SHARE,
        "Share that was written and not synced: it moves, but is not dropped. Default: 0.",
      ),
      dropAt: DROPS,
    },
  ),
  kernel: workload(
    "Kernel memory that comes and goes and cannot move; most of it lives for a moment, a little for very long.",
    ["size"],
    {
      size: described(SIZE, "What it has in the long run."),
      type: described(
        { enum: ["slab", "reclaimable-slab", "page-table"] },
        "What it is. Default: slab.",
      ),
      order: ORDER,
      shortestLife: described(TIME, "Mean life of the shortest-lived half. Default: 1s."),
      longestLife: described(TIME, "Mean life of the longest-lived part. Default: 1h."),
    },
  ),
  network: workload(
    "A network under load: bursts of unmovable buffers, each held for a moment.",
    ["burst"],
    {
      burst: described(SIZE, "The largest burst; the smallest is half of it."),
      order: ORDER,
      every: described(TIME, "Mean time from burst to burst. Default: 500ms."),
      hold: described(TIME, "How long buffers are held, at most half of `every`. Default: 100ms."),
    },
  ),
  pins: workload(
    "Memory that a device or RDMA keeps for good: anonymous pages that cannot move.",
    ["size"],
    {
      size: described(SIZE, "How much is to be pinned."),
      rate: described(SIZE, "Pinned per second. Default: 100MiB."),
      zone: described(
        { enum: ["kernel", "any"] },
        "Where the pages may lie. Linux takes long-term pins from kernel zones. Default: kernel.",
      ),
    },
  ),
  functions: workload(
    "Serverless functions: many small programs that start, live a while and end.",
    ["size"],
    {
      size: described(SIZE, "Memory of a function."),
      every: described(TIME, "Mean time from start to start. Default: 1s."),
      life: described(TIME, "Mean life of a function. Default: 10s."),
      most: count(
        1024,
        "Functions at a time, at most; what comes then is turned away. Default: 64.",
      ),
      thpShare: THP_SHARE,
    },
  ),
  compile: workload(
    "A build: jobs side by side that grow until they end and leave files in the page cache.",
    [],
    {
      jobs: count(256, "Jobs side by side. Default: 8."),
      size: described(
        SIZE,
        "Memory of the largest job; the smallest has a quarter. Default: 512MiB.",
      ),
      life: described(TIME, "Mean time of a job. Default: 10s."),
      totalJobs: count(0xffffffff, "Jobs of the whole build. Default: without end."),
      cachePerJob: described(SIZE, "Left in the page cache by a job. Default: 2MiB."),
      dropAt: DROPS,
    },
  ),
  frag: workload(
    "LLFree's benchmark: fills nine tenths of zone Normal with single pages, frees a random half, then reallocates a share round by round.",
    [],
    {
      threads: count(64, "Threads that take turns. Default: 8."),
      rounds: count(1000, "Rounds. Default: 100."),
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
};
