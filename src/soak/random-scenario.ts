import { SeededRandom } from "../seeded-random.js";
import { PROFILE_NAMES } from "../linux/profile.js";
import { FLAVOUR_NAMES, type FlavourName } from "../virtio-mem/device/flavour.js";
import { randomWorkload } from "./random-workload.js";
import { DURATION_S, timeOf } from "./random-time.js";

/** A scenario as a file has it; sizes and times as text. */
export interface ScenarioFile {
  readonly seed: number;
  readonly duration: string;
  readonly policy?: string;
  readonly guest: Readonly<Record<string, unknown>>;
  readonly devices: readonly Readonly<Record<string, unknown>>[];
  readonly hostMemory?: string;
  readonly workloads: readonly Readonly<Record<string, unknown>>[];
  readonly host: readonly Readonly<Record<string, unknown>>[];
  readonly controllers: readonly Readonly<Record<string, unknown>>[];
  readonly faults: readonly Readonly<Record<string, unknown>>[];
}

const MOST_DEVICES = 3;
const POLICIES = [
  "linux",
  "sense-first",
  "sense-first+isolate-first",
  "empty-blocks-first",
  "bigger-chunks-first",
  "free-areas-first",
  "drop-caches",
  "memmap-on-memory",
  "retry-fixed",
  "retry-on-free",
  "reserve=64MiB",
  "plug-back",
  "best-policy",
  "shrink-slab",
  "drop-slab",
  "resize-margin=64MiB",
  "resize-hyperalloc",
] as const;

/** A guest with everything that a scenario can have, drawn from a seed; small, and so fast. */
export function randomScenario(seed: number): ScenarioFile {
  const random = new SeededRandom(seed);
  const devices = devicesOf(random);
  const guest = guestOf(random);
  const nodes = nodesOf(guest, devices);
  const workloads = list(random, 4, () => randomWorkload(random, nodes)).map((workload, at) => ({
    ...workload,
    name: `w${at}`,
  }));
  return {
    seed,
    duration: `${DURATION_S}s`,
    ...(random.chance(50) ? { policy: random.pick(POLICIES) } : {}),
    guest,
    devices,
    ...(random.chance(20) ? { hostMemory: random.pick(["256MiB", "768MiB"]) } : {}),
    workloads,
    host: list(random, 12, () => orderOf(random, devices)).sort(
      (one, other) => parseFloat(one.at) - parseFloat(other.at),
    ),
    controllers: random.chance(25) ? [controllerOf(random, devices)] : [],
    faults: list(random, 8, () => faultOf(random, devices, workloads)),
  };
}

function list<T>(random: SeededRandom, most: number, make: () => T): T[] {
  return Array.from({ length: random.below(most + 1) }, make);
}

function guestOf(random: SeededRandom): Record<string, unknown> {
  const isBig = random.chance(20);
  return {
    profile: random.pick(PROFILE_NAMES as [(typeof PROFILE_NAMES)[number]]),
    online: random.pick(["offline", "online", "online_kernel", "online_movable"]),
    onlinePolicy: random.pick(["contig-zones", "auto-movable"]),
    autoMovableRatio: random.pick([0, 100, 301, 1000]),
    movableNode: random.chance(10),
    autoMovableNumaAware: random.chance(50),
    cachedCpus: random.pick([0, 0, 1, 4]),
    ...(random.chance(10) ? { subblockSize: random.pick(["2MiB", "8MiB", "32MiB"]) } : {}),
    ...(random.chance(20)
      ? {
          bootRanges: [
            { start: 0, size: "256MiB", node: 0 },
            { start: "4GiB", size: "128MiB", node: 1 },
          ],
        }
      : { bootMemory: random.pick(["256MiB", "400MiB", "512MiB"]) }),
    ...(isBig ? { memoryBlockSize: "256MiB" } : {}),
    driver: random.chance(25)
      ? {
          forceBbm: true,
          bbmSafeUnplug: random.chance(50),
          ...(random.chance(50) ? { bbmBlockSize: "256MiB" } : {}),
        }
      : random.chance(10)
        ? { unplugOnline: false }
        : {},
  };
}

/** NUMA nodes that have memory, or may get some. */
function nodesOf(
  { bootRanges }: Readonly<Record<string, unknown>>,
  devices: readonly Readonly<Record<string, unknown>>[],
): readonly [number, ...number[]] {
  const isSplit = bootRanges !== undefined || devices.some(({ node }) => node === 1);
  return isSplit ? [0, 1] : [0];
}

function devicesOf(random: SeededRandom): Record<string, unknown>[] {
  const count = 1 + random.below(random.chance(30) ? MOST_DEVICES : 1);
  return Array.from({ length: count }, (_, at) => ({
    name: `d${at}`,
    regionSize: random.pick(["512MiB", "1GiB"]),
    blockSize: random.pick(["2MiB", "2MiB", "4MiB", "1MiB", "256MiB"]),
    flavour: random.pick(FLAVOUR_NAMES as [FlavourName]),
    requestedSize: random.pick(["0", "256MiB", "512MiB"]),
    node: random.chance(20) ? 1 : 0,
    vfio: random.chance(10),
  }));
}

function orderOf(
  random: SeededRandom,
  devices: readonly Readonly<Record<string, unknown>>[],
): { readonly at: string } & Record<string, unknown> {
  const { name, blockSize, regionSize } = devices[random.below(devices.length)] ?? {};
  const step = blockSize === "256MiB" ? 256 : 4;
  const most = regionSize === "1GiB" ? 1024 : 512;
  const at = timeOf(random);
  const ramp = {
    until: `${timeOf(random, Math.ceil(at) + 1) + 0.1}s`,
    step: random.pick(["64MiB", "256MiB"]),
  };
  return {
    at: `${at}s`,
    ...(random.chance(20) && step !== 256 ? ramp : {}),
    requestedSize: `${random.below(most / step + 1) * step}MiB`,
    device: name,
  };
}

function controllerOf(
  random: SeededRandom,
  devices: readonly Readonly<Record<string, unknown>>[],
): Record<string, unknown> {
  const { name } = devices[random.below(devices.length)] ?? {};
  return { every: random.pick(["1s", "5s"]), step: "256MiB", device: name };
}

function faultOf(
  random: SeededRandom,
  devices: readonly Readonly<Record<string, unknown>>[],
  workloads: readonly Readonly<Record<string, unknown>>[],
): Record<string, unknown> {
  const at = timeOf(random);
  const until = `${timeOf(random, Math.ceil(at) + 1) + 0.1}s`;
  const { name } = devices[random.below(devices.length)] ?? {};
  const window = { at: `${at}s`, until };
  const kinds: [Record<string, unknown>, ...Record<string, unknown>[]] = [
    { kind: "device-busy", ...window, device: name },
    { kind: "host-out-of-memory", ...window, device: name },
    { kind: "plug-fails", ...window, share: random.pick([0.1, 1]), device: name },
    { kind: "migration", ...window, device: name },
    { kind: "offline-refused", ...window },
    { kind: "busy-pages", ...window, share: random.pick([0.001, 0.1, 1]) },
    { kind: "save-restore", at: window.at, device: name },
    { kind: "snapshot", at: window.at },
    { kind: "snapshot", at: window.at },
    { kind: "drop-caches", at: window.at },
    stateWrite(random, window.at, name),
    stateWrite(random, window.at, name),
  ];
  const target = workloads[random.below(Math.max(1, workloads.length))];
  if (target !== undefined && target["kind"] !== "kernel") {
    kinds.push({ kind: "pins", ...window, workload: target["name"], size: "8MiB" });
  }
  return random.pick(kinds);
}

function stateWrite(random: SeededRandom, at: string, device: unknown): Record<string, unknown> {
  return {
    kind: "memory-block-state",
    at,
    memoryBlock: random.below(8),
    state: random.pick(["offline", "online", "online_kernel", "online_movable"]),
    device,
  };
}
