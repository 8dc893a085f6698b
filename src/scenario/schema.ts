import { CALIBRATION_NAMES, DEFAULT_CALIBRATION } from "../linux/calibration.js";
import { PROFILE_NAMES } from "../linux/profile.js";
import { FLAVOUR_NAMES } from "../virtio-mem/device/flavour.js";
import {
  DEFINITIONS,
  described,
  object,
  oneOfKind,
  SHARE,
  SIZE,
  TIME,
  type JsonSchema,
} from "./schema-parts.js";
import { WORKLOAD_SCHEMAS } from "./workload-schema.js";

const NODE: JsonSchema = { type: "integer", minimum: 0, maximum: 15 };
const DEVICE_NAME = described({ type: "string" }, "Name of the device. Default: the first.");
const UNTIL = described(TIME, "When it is over. Default: never.");

const GUEST = object("The guest.", [], {
  bootMemory: described(
    SIZE,
    "What it has without the device, up to 2GiB of it below the 32-bit hole, as QEMU's q35 has it. Default: 1GiB.",
  ),
  bootRanges: {
    description: "In place of bootMemory: where boot memory lies, and on which NUMA node.",
    type: "array",
    minItems: 1,
    maxItems: 64,
    items: object("A range of boot memory.", ["start", "size"], {
      start: described(SIZE, "Guest physical address."),
      size: SIZE,
      node: NODE,
    }),
  },
  kernelMemory: described(
    SIZE,
    "What the kernel has taken when it has booted. Default: a 64th of the boot memory (its memmap) and 64MiB.",
  ),
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
  autoMovableNumaAware: described(
    { type: "boolean" },
    "Whether auto-movable looks at each NUMA node by itself, too. Default: true.",
  ),
  movableNode: described({ type: "boolean" }, "The kernel parameter movable_node. Default: false."),
  subblockSize: described(SIZE, "Unit in which the driver unplugs, if not the version's own."),
  cachedCpus: described(
    { type: "integer", minimum: 0, maximum: 64 },
    "CPUs that keep a cache of free pages each. Default: 0.",
  ),
  driver: object("Module parameters of the driver.", [], {
    unplugOnline: described({ type: "boolean" }, "May online memory be unplugged? Default: true."),
    forceBbm: described({ type: "boolean" }, "Big-block mode. Default: false."),
    bbmBlockSize: described(SIZE, "Size of a big block."),
    bbmSafeUnplug: described({ type: "boolean" }, "Default: true."),
  }),
});

const DEVICE = object("A virtio-mem device.", ["regionSize"], {
  name: described({ type: "string", minLength: 1, maxLength: 40 }, "Default: device 1, 2, ..."),
  regionSize: described(SIZE, "What it can have at most."),
  blockSize: described(SIZE, "Device block. Default: 2MiB."),
  requestedSize: described(SIZE, "What the host asks for from the start. Default: 0."),
  flavour: described({ enum: [...FLAVOUR_NAMES] }, "Whose device it is. Default: qemu."),
  node: described(NODE, "NUMA node of its memory. Default: 0."),
  vfio: described(
    { type: "boolean" },
    "A passed-through device maps and pins all that is plugged. Default: false.",
  ),
});

const FAULTS: Readonly<Record<string, JsonSchema>> = {
  pins: object(
    "Somebody takes references on random pages of a workload.",
    ["kind", "at", "workload", "size"],
    {
      kind: { type: "string" },
      at: TIME,
      until: UNTIL,
      workload: described({ type: "string" }, "Name of the workload."),
      size: described(SIZE, "How much of its memory."),
    },
  ),
  "busy-pages": object(
    "Movable pages are busy when they are to be moved.",
    ["kind", "at", "share"],
    {
      kind: { type: "string" },
      at: TIME,
      until: UNTIL,
      share: described(SHARE, "Probability at each attempt to collect a page."),
    },
  ),
  ...Object.fromEntries(
    [
      ["device-busy", "The host can neither plug nor unplug."],
      ["host-out-of-memory", "The host has no memory to plug."],
      ["migration", "The host is migrating the guest."],
    ].map(([kind = "", description = ""]) => [
      kind,
      object(description, ["kind", "at"], {
        kind: { type: "string" },
        at: TIME,
        until: UNTIL,
        device: DEVICE_NAME,
      }),
    ]),
  ),
};

/** Keys of a calibration that are prices. */
export const PRICE_NAMES = Object.keys(DEFAULT_CALIBRATION).filter((key) => key !== "name");

/**
 * What a scenario file may say: what validation goes by, and what `docs/scenario.schema.json` is made from. Rules that need more than one value
 * at a time are in resolve.ts.
 */
export const SCENARIO_SCHEMA: JsonSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Scenario",
  ...object("A guest, what it does, and what its host asks of it over time.", ["duration"], {
    title: described({ type: "string", maxLength: 200 }, "What reports call it."),
    seed: described(
      { type: "integer", minimum: 0, maximum: 0xffffffff },
      "What chance is drawn from. Default: 1.",
    ),
    duration: described(TIME, "How long the guest is watched, in its own time."),
    policy: described(
      { type: "string" },
      "Unplug policies of the driver by name, joined by +. Default: as the guest's version does.",
    ),
    calibration: described(
      { enum: [...CALIBRATION_NAMES] },
      `Price list of the steps. Default: ${DEFAULT_CALIBRATION.name}.`,
    ),
    prices: object(
      "Single prices in nanoseconds, in place of the calibration's.",
      [],
      Object.fromEntries(
        PRICE_NAMES.map((key) => [key, { type: "number", minimum: 0, maximum: 1e12 }]),
      ),
    ),
    guest: GUEST,
    device: DEVICE,
    devices: {
      description: "In place of `device`, where there are several.",
      type: "array",
      minItems: 1,
      maxItems: 16,
      items: DEVICE,
    },
    workloads: {
      description: "What runs in the guest.",
      type: "array",
      maxItems: 64,
      items: { $ref: "#/definitions/workload" },
    },
    host: {
      description: "What the host asks for, in order of time.",
      type: "array",
      maxItems: 1000,
      items: object(
        "The host asks for a size: at once, or in steps until a later time.",
        ["at", "requestedSize"],
        {
          at: TIME,
          requestedSize: SIZE,
          until: described(TIME, "When a ramp has arrived there."),
          step: described(
            SIZE,
            "Step of a ramp. Default: 128MiB, or a device block where that is larger.",
          ),
          device: DEVICE_NAME,
        },
      ),
    },
    controllers: {
      description:
        "Hosts that resize by themselves, by nine tenths of the guest's free memory in huge pages: below half a step grow by two, below a step grow by one, above two steps shrink by one.",
      type: "array",
      maxItems: 16,
      items: object("A host that resizes by itself.", ["every", "step"], {
        every: described(TIME, "From look to look."),
        step: described(SIZE, "How much it grows or shrinks at a time."),
        start: described(TIME, "Default: 0s."),
        stop: described(TIME, "Default: the end."),
        least: described(SIZE, "It asks for no less. Default: 0."),
        most: described(SIZE, "It asks for no more. Default: all of the region."),
        device: DEVICE_NAME,
      }),
    },
    faults: {
      description: "What goes wrong for a while.",
      type: "array",
      maxItems: 1000,
      items: { $ref: "#/definitions/fault" },
    },
    record: object("What is written down.", [], {
      every: described(TIME, "Between two samples. Default: a 240th of the duration."),
    }),
  }),
  definitions: {
    ...DEFINITIONS,
    workload: oneOfKind(WORKLOAD_SCHEMAS),
    fault: oneOfKind(FAULTS, "-fault"),
    ...WORKLOAD_SCHEMAS,
    // a fault of that name is no workload of that name
    ...Object.fromEntries(
      Object.entries(FAULTS).map(([kind, schema]) => [`${kind}-fault`, schema]),
    ),
  },
};
