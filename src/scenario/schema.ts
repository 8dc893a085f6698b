import { PROFILE_NAMES } from "../linux/profile.js";
import { FLAVOUR_NAMES } from "../virtio-mem/device-flavour.js";

/** As much of a JSON Schema as the scenario's needs. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

const SIZE: JsonSchema = { $ref: "#/definitions/size" };
const TIME: JsonSchema = { $ref: "#/definitions/time" };
const SHARE: JsonSchema = { $ref: "#/definitions/share" };

function described(schema: JsonSchema, description: string): JsonSchema {
  return { ...schema, description };
}

function object(
  description: string,
  required: readonly string[],
  properties: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  return { description, type: "object", additionalProperties: false, required, properties };
}

/** What workloads of every kind have. */
const LIFE: Readonly<Record<string, JsonSchema>> = {
  kind: { type: "string" },
  name: described({ type: "string", minLength: 1, maxLength: 60 }, "What reports call it."),
  start: described(TIME, "When it starts. Default: 0s."),
  stop: described(TIME, "When it ends and frees all that it has. Default: never."),
};

const KINDS: Readonly<Record<string, JsonSchema>> = {
  anonymous: object(
    "Memory of a program: faulted in up to a size, then given back in chunks and faulted in anew.",
    ["kind", "size"],
    {
      ...LIFE,
      size: described(SIZE, "How much it wants to have."),
      faultRate: described(SIZE, "Faulted in per second. Default: 1GiB."),
      churnRate: described(SIZE, "Given back and faulted in anew per second. Default: 0."),
      chunk: described(SIZE, "Given back together. Default: 256KiB."),
      thpShare: described(SHARE, "Share of its memory that asks for huge pages. Default: 0."),
    },
  ),
};

export const WORKLOAD_KINDS = Object.keys(KINDS);

/**
 * What a scenario file may say: what validation goes by, and what `docs/scenario.schema.json` is made from. Rules that need more than one value
 * at a time are in resolve.ts.
 */
export const SCENARIO_SCHEMA: JsonSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Scenario",
  ...object("A guest, what it does, and what its host asks of it over time.", ["duration"], {
    title: { type: "string", maxLength: 200 },
    seed: described(
      { type: "integer", minimum: 0, maximum: 0xffffffff },
      "What chance is drawn from. Default: 1.",
    ),
    duration: described(TIME, "How long the guest is watched, in its own time."),
    policy: described(
      { type: "string" },
      "Unplug policy of the driver. Default: that of the guest's version.",
    ),
    calibration: described({ type: "string" }, "Price list of the steps. Default: default."),
    guest: object("The guest.", [], {
      bootMemory: described(SIZE, "What it has without the device. Default: 1GiB."),
      memoryBlockSize: described(SIZE, "Linux's memory block, 128MiB to 2GiB. Default: 128MiB."),
      profile: described({ enum: [...PROFILE_NAMES] }, "Version of Linux. Default: v6.1."),
      online: described(
        { enum: ["offline", "online", "online_kernel", "online_movable"] },
        "What becomes of added memory (memhp_default_state). Default: online.",
      ),
      onlinePolicy: described(
        { enum: ["contig-zones", "auto-movable"] },
        "Which zone `online` means. Default: contig-zones.",
      ),
      autoMovableRatio: described(
        { type: "integer", minimum: 0, maximum: 100_000 },
        "MOVABLE : kernel memory in percent, for auto-movable. Default: 301.",
      ),
      autoMovableNumaAware: { type: "boolean" },
      subblockSize: described(SIZE, "Unit in which the driver unplugs, if not the version's own."),
      driver: object("Module parameters of the driver.", [], {
        unplugOnline: { type: "boolean" },
        forceBbm: { type: "boolean" },
        bbmBlockSize: SIZE,
        bbmSafeUnplug: { type: "boolean" },
      }),
    }),
    device: object("The virtio-mem device.", ["regionSize"], {
      regionSize: described(SIZE, "What it can have at most."),
      blockSize: described(SIZE, "Device block. Default: 2MiB."),
      requestedSize: described(SIZE, "What the host asks for from the start. Default: 0."),
      flavour: described({ enum: [...FLAVOUR_NAMES] }, "Whose device it is. Default: qemu."),
    }),
    workloads: {
      type: "array",
      maxItems: 64,
      items: { $ref: "#/definitions/workload" },
    },
    host: {
      description: "What the host asks for, in order of time.",
      type: "array",
      maxItems: 10_000,
      items: { $ref: "#/definitions/hostOrder" },
    },
    record: object("What is written down.", [], {
      every: described(TIME, "Between two samples. Default: a 240th of the duration."),
    }),
  }),
  definitions: {
    size: {
      description: "Bytes: a number, or a text such as 512MiB or 1.5TiB (powers of 1024).",
      type: ["string", "integer"],
      minimum: 0,
    },
    time: {
      description: "A text such as 300ms, 90s, 10min or 2h.",
      type: ["string", "integer"],
    },
    share: { description: "From 0 to 1.", type: "number", minimum: 0, maximum: 1 },
    hostOrder: object("The host asks for a size.", ["at", "requestedSize"], {
      at: TIME,
      requestedSize: SIZE,
    }),
    workload: {
      type: "object",
      required: ["kind"],
      properties: { kind: { enum: WORKLOAD_KINDS } },
      allOf: WORKLOAD_KINDS.map((kind) => ({
        if: { properties: { kind: { const: kind } } },
        then: { $ref: `#/definitions/${kind}` },
      })),
    },
    ...KINDS,
  },
};
