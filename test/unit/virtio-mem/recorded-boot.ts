import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { ZoneKind } from "../../../src/core/zone-kind.js";
import type { DriverParameters } from "../../../src/virtio-mem/driver/parameters.js";

const SHARED = fileURLToPath(new URL("../../../../shared", import.meta.url));
const GOLDEN = fileURLToPath(new URL("../../golden", import.meta.url));
const OUTCOMES = fileURLToPath(new URL("guest-outcomes", import.meta.url));

/** What the guest's memory management did, as recorded by probes in its kernel. */
export interface GuestEvent {
  readonly ev: "alloc_contig_range" | "offline_and_remove_memory" | "add_memory_driver_managed";
  /** Bytes from the region start. */
  readonly off: number;
  /** Bytes of memory blocks; of attempts it is `nr_pages`. */
  readonly size?: number;
  readonly nr_pages?: number;
  readonly ret: number;
  /** Seconds it took. */
  readonly dt: number;
  /** Host time of its start in seconds, good to some milliseconds. */
  readonly t: number;
}

/** What the host saw. */
export interface HostEvent {
  readonly t: number;
  readonly ev: string;
  readonly size?: number;
  readonly off?: number;
  readonly nb_blocks?: number;
  readonly resp?: string;
  /** Of `usable-region`: both sizes in hexadecimal. */
  readonly raw?: string;
}

export interface MemoryBlockRecord {
  readonly id: number;
  readonly state: string;
  readonly valid_zones: string;
  readonly in_region: boolean;
}

/** One observed request. */
export interface Observation {
  readonly name: string;
  readonly requestTime: number;
  readonly endTime: number;
  readonly pluggedBefore: readonly (readonly [start: number, count: number, value: number])[];
  readonly pluggedAfter: readonly (readonly [start: number, count: number, value: number])[];
  readonly memoryBlocksBefore: readonly MemoryBlockRecord[];
  readonly memoryBlocksAfter: readonly {
    readonly id: number;
    readonly after: { readonly state: string; readonly valid_zones: string } | null;
    /** Device blocks; nothing where one is larger than a memory block. */
    readonly plugged_after?: number;
  }[];
}

/** One recorded boot of a guest. */
export interface RecordedBoot {
  readonly name: string;
  readonly addr: number;
  readonly regionSize: number;
  readonly blockSize: number;
  readonly memoryBlockSize: number;
  readonly parameters: DriverParameters;
  readonly onlining: (id: number) => ZoneKind | undefined;
  readonly host: readonly HostEvent[];
  readonly guest: readonly GuestEvent[];
  readonly observations: readonly Observation[];
}

/**
 * All recorded boots.
 *
 * @throws Error if the folder is there but holds no boots.
 */
export function recordedBoots(): RecordedBoot[] {
  const root = recordingsFolder();
  const boots: RecordedBoot[] = [];
  for (const name of readdirSync(root).sort()) {
    const boot = readBoot(join(root, name), name);
    if (boot !== undefined) boots.push(boot);
  }
  if (boots.length < 10)
    throw new Error(`${root} holds ${boots.length} boots, expected 10 or more`);
  return boots;
}

/** The requests sent to a device without a guest, by name of the recording. */
export function deviceRecordings(): { name: string; meta: unknown; lines: unknown[] }[] {
  const root = recordingsFolder();
  const found = readdirSync(root)
    .filter((name) => existsSync(join(root, name, "requests.jsonl")))
    .map((name) => ({
      name,
      meta: readJson(join(root, name, "meta.json")),
      lines: readLines(join(root, name, "requests.jsonl")),
    }));
  if (found.length === 0) throw new Error(`${root} holds no device recordings`);
  return found;
}

/**
 * The recordings beside the checkout, or those that come with the tests. The environment variable
 * `VIRTIO_MEM_GOLDEN=1` asks for the latter.
 */
function recordingsFolder(): string {
  const isBeside = existsSync(SHARED) && process.env["VIRTIO_MEM_GOLDEN"] !== "1";
  return join(isBeside ? SHARED : GOLDEN, "recordings");
}

interface Meta {
  readonly kernel_cmdline?: string;
  readonly region: { readonly gpa: number; readonly size: number };
  readonly device_block_size: number;
  readonly memory_block_size: number;
}

function readBoot(folder: string, name: string): RecordedBoot | undefined {
  if (!existsSync(join(folder, "trace.jsonl"))) return undefined;
  const outcomes = [join(folder, "guest.jsonl"), join(OUTCOMES, `${name}.jsonl`)].find(existsSync);
  if (outcomes === undefined) return undefined;
  const meta = readJson(join(folder, "meta.json")) as Meta;
  const observations = observationFolders(folder).map(([label, at]) => readObservation(label, at));
  const words = (meta.kernel_cmdline ?? "").split(" ");
  return {
    name,
    addr: meta.region.gpa,
    regionSize: meta.region.size,
    blockSize: meta.device_block_size,
    memoryBlockSize: meta.memory_block_size,
    parameters: parametersOf(words),
    onlining: onliningOf(words, observations),
    host: readLines(join(folder, "trace.jsonl")) as HostEvent[],
    guest: readLines(outcomes) as GuestEvent[],
    observations,
  };
}

function observationFolders(folder: string): [label: string, folder: string][] {
  if (existsSync(join(folder, "expected.json"))) return [["", folder]];
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "expected.json")))
    .map((name) => [name, join(folder, name)]);
}

function readObservation(name: string, folder: string): Observation {
  const expected = readJson(join(folder, "expected.json")) as {
    readonly t_request: number;
    readonly t_end: number;
    readonly plugged_before_rle: Observation["pluggedBefore"];
    readonly plugged_after_rle: Observation["pluggedAfter"];
    readonly memory_blocks: Observation["memoryBlocksAfter"];
  };
  return {
    name,
    requestTime: expected.t_request,
    endTime: expected.t_end,
    pluggedBefore: expected.plugged_before_rle,
    pluggedAfter: expected.plugged_after_rle,
    memoryBlocksBefore: (
      readJson(join(folder, "blocks-before.json")) as MemoryBlockRecord[]
    ).filter((block) => block.in_region),
    memoryBlocksAfter: expected.memory_blocks,
  };
}

function parametersOf(words: readonly string[]): DriverParameters {
  const value = (name: string): string | undefined =>
    words.find((word) => word.startsWith(`virtio_mem.${name}=`))?.split("=")[1];
  const bbmBlockSize = value("bbm_block_size");
  return {
    forceBbm: value("force_bbm") === "1",
    bbmSafeUnplug: value("bbm_safe_unplug") !== "0",
    unplugOnline: value("unplug_online") !== "0",
    ...(bbmBlockSize === undefined ? {} : { bbmBlockSize: Number(bbmBlockSize) }),
  };
}

/** The zone by the kernel's command line; where a policy decides, by what was seen later. */
function onliningOf(
  words: readonly string[],
  observations: readonly Observation[],
): (id: number) => ZoneKind | undefined {
  if (words.includes("memhp_default_state=offline")) return () => undefined;
  if (words.includes("memhp_default_state=online_kernel")) return () => "Normal";
  if (words.includes("memhp_default_state=online_movable")) return () => "Movable";
  const zones = new Map<number, ZoneKind>();
  for (const { memoryBlocksBefore } of observations) {
    for (const { id, valid_zones: zone } of memoryBlocksBefore) zones.set(id, zone as ZoneKind);
  }
  return (id) => zones.get(id);
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}

function readLines(file: string): unknown[] {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as unknown);
}
