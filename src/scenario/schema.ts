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
} from "./file/schema-parts.js";
import { PRESET_SCHEMAS } from "./preset/index.js";
import { WORKLOAD_SCHEMAS } from "./workload/index.js";

const NODE: JsonSchema = { type: "integer", minimum: 0, maximum: 15 };
const DEVICE_NAME = described({ type: "string" }, "Name of the device. Default: the first.");
const UNTIL = described(TIME, "End of the fault. Default: never.");

const GUEST = object("The guest.", [], {
  bootMemory: described(
    SIZE,
    "Memory without the device; up to 2GiB of it below the 32-bit hole, as in QEMU's q35. Default: 1GiB.",
  ),
  bootRanges: {
    description: "Instead of bootMemory: ranges of boot memory with their NUMA nodes.",
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
    "Unmovable memory allocated at boot. Default: a 64th of the boot memory (its memmap) and 64MiB.",
  ),
  memoryBlockSize: described(
    SIZE,
    "Size of a memory block of Linux, 128MiB to 2GiB. Default: 128MiB.",
  ),
  profile: described({ enum: [...PROFILE_NAMES] }, "Version of Linux. Default: v6.1."),
  online: described(
    { enum: ["offline", "online", "online_kernel", "online_movable"] },
    "Whether and where added memory is onlined (memhp_default_state). Default: online.",
  ),
  onlinePolicy: described(
    { enum: ["contig-zones", "auto-movable"] },
    "How `online` chooses the zone. Default: contig-zones.",
  ),
  autoMovableRatio: described(
    { type: "integer", minimum: 0, maximum: 100_000 },
    "ZONE_MOVABLE to kernel memory in percent, for auto-movable. Default: 301.",
  ),
  autoMovableNumaAware: described(
    { type: "boolean" },
    "Whether auto-movable also keeps the ratio in each NUMA node. Default: true.",
  ),
  movableNode: described({ type: "boolean" }, "The kernel parameter movable_node. Default: false."),
  subblockSize: described(SIZE, "Unit in which the driver unplugs, if not the version's own."),
  cachedCpus: described(
    { type: "integer", minimum: 0, maximum: 64 },
    "CPUs with a per-CPU cache of free pages. Default: 0.",
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
  regionSize: described(SIZE, "The most that can be plugged."),
  blockSize: described(SIZE, "Device block. Default: 2MiB."),
  requestedSize: described(SIZE, "Requested size at the start. Default: 0."),
  flavour: described({ enum: [...FLAVOUR_NAMES] }, "Implementation of the device. Default: qemu."),
  node: described(NODE, "NUMA node of its memory. Default: 0."),
  vfio: described(
    { type: "boolean" },
    "A passed-through device maps and pins all plugged memory. Default: false.",
  ),
});

const FAULTS: Readonly<Record<string, JsonSchema>> = {
  pins: object(
    "Random pages of a workload get an extra reference.",
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
    "Movable pages are busy when they are to be migrated.",
    ["kind", "at", "share"],
    {
      kind: { type: "string" },
      at: TIME,
      until: UNTIL,
      share: described(SHARE, "Probability at each attempt to collect a page."),
    },
  ),
  "offline-refused": object(
    "A memory notifier refuses that memory blocks go offline.",
    ["kind", "at"],
    { kind: { type: "string" }, at: TIME, until: UNTIL },
  ),
  "memory-block-state": object(
    "User space writes to the state of a memory block of the device.",
    ["kind", "at", "memoryBlock", "state"],
    {
      kind: { type: "string" },
      at: TIME,
      memoryBlock: described(
        { type: "integer", minimum: 0, maximum: 1_000_000 },
        "Number of the memory block, from the start of the region; no effect where it is not added.",
      ),
      state: described(
        { enum: ["offline", "online", "online_kernel", "online_movable"] },
        "What is written.",
      ),
      device: DEVICE_NAME,
    },
  ),
  snapshot: object(
    "The whole guest is saved and restored, as by a snapshot of the virtual machine.",
    ["kind", "at"],
    { kind: { type: "string" }, at: TIME },
  ),
  "plug-fails": object(
    "The host cannot provide the memory of some requests to plug.",
    ["kind", "at"],
    {
      kind: { type: "string" },
      at: TIME,
      until: UNTIL,
      share: described(SHARE, "Probability that a request fails. Default: 1."),
      device: DEVICE_NAME,
    },
  ),
  "drop-caches": object(
    "Somebody writes to drop_caches: the clean page cache of all workloads goes.",
    ["kind", "at"],
    { kind: { type: "string" }, at: TIME },
  ),
  "save-restore": object(
    "The device is saved and restored, as at the end of a live migration.",
    ["kind", "at"],
    { kind: { type: "string" }, at: TIME, device: DEVICE_NAME },
  ),
  ...Object.fromEntries(
    [
      ["device-busy", "The device answers BUSY."],
      ["host-out-of-memory", "The host has no memory to plug."],
      ["migration", "The guest is being migrated to another host."],
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
 * The schema of scenario files, also in `docs/scenario.schema.json`. Rules about more than one
 * value are in resolve.ts.
 */
export const SCENARIO_SCHEMA: JsonSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Scenario",
  ...object(
    "A guest, its workloads, and the sizes that its host requests over time.",
    ["duration"],
    {
      title: described({ type: "string", maxLength: 200 }, "Title of reports."),
      seed: described(
        { type: "integer", minimum: 0, maximum: 0xffffffff },
        "Seed of all randomness. Default: 1.",
      ),
      duration: described(TIME, "Duration of the run in virtual time."),
      policy: described(
        { type: "string" },
        "Policies by name, joined by +. Default: those of the profile.",
      ),
      calibration: described(
        { enum: [...CALIBRATION_NAMES] },
        `Price list of the steps. Default: ${DEFAULT_CALIBRATION.name}.`,
      ),
      prices: object(
        "Single prices in nanoseconds, instead of the calibration's.",
        [],
        Object.fromEntries(
          PRICE_NAMES.map((key) => [key, { type: "number", minimum: 0, maximum: 1e12 }]),
        ),
      ),
      start: described(
        { type: "string", minLength: 1 },
        "Instead of guest and device: a capture whose guest lives on, relative to this file.",
      ),
      guest: GUEST,
      device: DEVICE,
      devices: {
        description: "Instead of `device`: several devices.",
        type: "array",
        minItems: 1,
        maxItems: 16,
        items: DEVICE,
      },
      hostMemory: described(
        SIZE,
        "What the host can plug into all devices together. Default: all that they can have.",
      ),
      workloads: {
        description: "Workloads of the guest.",
        type: "array",
        maxItems: 64,
        items: { $ref: "#/definitions/workload" },
      },
      host: {
        description: "Resize requests of the host, in order of time.",
        type: "array",
        maxItems: 1000,
        items: object(
          "The host requests a size: at once, or in steps until a later time.",
          ["at", "requestedSize"],
          {
            at: TIME,
            requestedSize: SIZE,
            until: described(TIME, "End of a ramp."),
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
          "Automatic resizing by nine tenths of the guest's free memory in huge pages: below half a step grow by two, below a step grow by one, above two steps shrink by one.",
        type: "array",
        maxItems: 16,
        items: object("A resize controller.", ["every", "step"], {
          every: described(TIME, "Period of the controller."),
          step: described(SIZE, "Size of a step."),
          start: described(TIME, "Default: 0s."),
          stop: described(TIME, "Default: the end."),
          least: described(SIZE, "Least requested size. Default: 0."),
          most: described(SIZE, "Largest requested size. Default: the region size."),
          device: DEVICE_NAME,
        }),
      },
      faults: {
        description: "Faults.",
        type: "array",
        maxItems: 1000,
        items: { $ref: "#/definitions/fault" },
      },
      record: object("Recording of samples.", [], {
        every: described(TIME, "Sampling interval. Default: a 240th of the duration."),
      }),
    },
  ),
  definitions: {
    ...DEFINITIONS,
    workload: oneOfKind({ ...WORKLOAD_SCHEMAS, ...PRESET_SCHEMAS }),
    fault: oneOfKind(FAULTS, "-fault"),
    ...WORKLOAD_SCHEMAS,
    ...PRESET_SCHEMAS,
    // a fault of that name is no workload of that name
    ...Object.fromEntries(
      Object.entries(FAULTS).map(([kind, schema]) => [`${kind}-fault`, schema]),
    ),
  },
};
