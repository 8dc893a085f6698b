import { CaptureError } from "../capture/capture-error.js";
import { constantOf, offsetOf, sizeOf, type DumpedKernel } from "./dumped-kernel.js";
import { onlineCpus, perCpuOffset } from "./per-cpu.js";

const MAX_NODES = 1024;
const POINTER = 8;
const LONG = 8;

/** A zone as /proc/zoneinfo tells of it; all in pages. */
export interface DumpedZone {
  readonly node: number;
  /** Which one of its node, as page flags number it. */
  readonly index: number;
  readonly name: string;
  readonly values: Readonly<Record<ZoneValue, number>>;
  readonly protection: readonly number[];
  readonly counters: ReadonlyMap<string, number>;
  readonly cpus: readonly {
    readonly count: number;
    readonly high: number;
    readonly batch: number;
  }[];
}

type ZoneValue =
  "free" | "boost" | "min" | "low" | "high" | "spanned" | "present" | "managed" | "startPfn";

/** All zones of all nodes, in the kernel's order, also those without pages. */
export async function readZones(
  kernel: DumpedKernel,
  zoneCounters: readonly string[],
): Promise<DumpedZone[]> {
  const { info, reader, types } = kernel;
  const nodes = Math.min(info.findLength("node_data") ?? 1, MAX_NODES);
  const table = info.symbol("node_data");
  const zonesPerNode = types.elementsOf("pglist_data", "node_zones");
  if (table === undefined || zonesPerNode === undefined) {
    throw new CaptureError(kernel.name, "nodes", "must be in VMCOREINFO (node_data), got none");
  }
  const zoneSize = BigInt(info.size("zone"));
  const pointers = await reader.view(table, nodes * POINTER);
  const online = await reader.memory.read(symbolInNote(kernel, "node_online_map"), MAX_NODES / 8);
  const zones: DumpedZone[] = [];
  for (let node = 0; node < nodes; node++) {
    const address = pointers.getBigUint64(node * POINTER, true);
    const isOnline = ((online[node >> 3] ?? 0) >> (node & 7)) & 1;
    if (address === 0n || isOnline === 0) continue;
    const first = address + BigInt(info.offset("pglist_data.node_zones"));
    for (let index = 0; index < zonesPerNode; index++) {
      zones.push(
        await readZone(kernel, { node, index }, first + BigInt(index) * zoneSize, zoneCounters),
      );
    }
  }
  return zones;
}

function symbolInNote({ info, name }: DumpedKernel, symbol: string): bigint {
  const address = info.symbol(symbol);
  if (address !== undefined) return address;
  throw new CaptureError(name, `SYMBOL(${symbol})`, "must be in VMCOREINFO, got none");
}

async function readZone(
  kernel: DumpedKernel,
  which: { readonly node: number; readonly index: number },
  address: bigint,
  zoneCounters: readonly string[],
): Promise<DumpedZone> {
  const { reader, types } = kernel;
  const at = (member: string) => address + offsetOf(kernel, "zone", member);
  const long = async (place: bigint) => Number(await reader.i64(place));
  const mark = (name: string) => long(at("_watermark") + BigInt(constantOf(kernel, name) * LONG));
  const boost =
    types.memberOffset("zone", "watermark_boost") === undefined
      ? 0
      : await long(at("watermark_boost"));
  const reserves = types.elementsOf("zone", "lowmem_reserve") ?? 0;
  const protection: number[] = [];
  for (let zone = 0; zone < reserves; zone++) {
    protection.push(await long(at("lowmem_reserve") + BigInt(zone * LONG)));
  }
  const stats = await reader.view(at("vm_stat"), zoneCounters.length * LONG);
  // a counter is a little below 0 at times, which /proc shows as 0
  const counters = new Map(
    zoneCounters.map((name, index) => [
      name,
      Math.max(0, Number(stats.getBigInt64(index * LONG, true))),
    ]),
  );
  return {
    ...which,
    name: await reader.text(await reader.u64(at("name")), 16),
    values: {
      free: counters.get("nr_free_pages") ?? 0,
      boost,
      min: (await mark("WMARK_MIN")) + boost,
      low: (await mark("WMARK_LOW")) + boost,
      high: (await mark("WMARK_HIGH")) + boost,
      spanned: await long(at("spanned_pages")),
      present: await long(at("present_pages")),
      managed: await long(at("managed_pages")),
      startPfn: await long(at("zone_start_pfn")),
    },
    protection,
    counters,
    cpus: await readCaches(kernel, address),
  };
}

/** Caches of the CPUs: `per_cpu_pages`, up to 5.13 within `per_cpu_pageset`. */
async function readCaches(kernel: DumpedKernel, zone: bigint): Promise<DumpedZone["cpus"]> {
  const { reader, types } = kernel;
  const isNew = types.memberOffset("zone", "per_cpu_pageset") !== undefined;
  const pointer = zone + offsetOf(kernel, "zone", isNew ? "per_cpu_pageset" : "pageset");
  const inSet = isNew ? 0n : offsetOf(kernel, "per_cpu_pageset", "pcp");
  const area = await reader.u64(pointer);
  const size = sizeOf(kernel, "per_cpu_pages");
  const cpus = [];
  for (const cpu of await onlineCpus(kernel)) {
    const address = area + inSet + (await perCpuOffset(kernel, cpu));
    const view = await reader.view(BigInt.asUintN(64, address), size);
    const number = (name: string) =>
      Math.max(0, view.getInt32(Number(offsetOf(kernel, "per_cpu_pages", name)), true));
    cpus.push({ count: number("count"), high: number("high"), batch: number("batch") });
  }
  return cpus;
}

/** The text of /proc/zoneinfo, without its statistics per node. */
export function zoneinfoText(zones: readonly DumpedZone[]): string {
  return zones.map(zoneText).join("");
}

function zoneText({ node, name, values, protection, counters, cpus }: DumpedZone): string {
  const { startPfn } = values;
  const lines = [`Node ${node}, zone ${name.padStart(8)}`, `  pages free     ${values.free}`];
  for (const key of ["boost", "min", "low", "high", "spanned", "present", "managed"] as const) {
    lines.push(`        ${key.padEnd(8)} ${values[key]}`);
  }
  lines.push(`        protection: (${protection.join(", ")})`);
  // /proc/zoneinfo leaves out the rest of a zone that is empty
  if (values.present > 0) {
    for (const [counter, value] of counters) lines.push(`      ${counter.padEnd(12)} ${value}`);
    lines.push("  pagesets");
    for (const [cpu, { count, high, batch }] of cpus.entries()) {
      lines.push(`    cpu: ${cpu}`);
      lines.push(`              count:    ${count}`);
      lines.push(`              high:     ${high}`);
      lines.push(`              batch:    ${batch}`);
    }
    lines.push(`  start_pfn:           ${startPfn}`);
  }
  return `${lines.join("\n")}\n`;
}
