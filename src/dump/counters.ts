import { PAGE_SIZE } from "../units.js";
import { constantOf, offsetOf, sizeOf, symbolOf, type DumpedKernel } from "./dumped-kernel.js";
import { onlineCpus, perCpuOffset } from "./per-cpu.js";

const LONG = 8;
const POINTER = 8;
/** Counters between those of nodes and those of events: marks of dirty memory and a few more. */
const MOST_BETWEEN = 16;
/** The first counter of events. */
const FIRST_EVENT = "pgpgin";
const MAX_NAME = 64;

/** Names of counters as /proc/vmstat has them. */
export interface CounterNames {
  readonly zone: readonly string[];
  readonly node: readonly string[];
  readonly event: readonly string[];
}

export async function readCounterNames(kernel: DumpedKernel): Promise<CounterNames> {
  const { reader, types } = kernel;
  const zones = constantOf(kernel, "NR_VM_ZONE_STAT_ITEMS");
  const numa =
    types.constant("NR_VM_NUMA_EVENT_ITEMS") ?? types.constant("NR_VM_NUMA_STAT_ITEMS") ?? 0;
  const nodes = constantOf(kernel, "NR_VM_NODE_STAT_ITEMS");
  const events = constantOf(kernel, "NR_VM_EVENT_ITEMS");
  const table = symbolOf(kernel, "vmstat_text");
  const nameOf = async (index: number) =>
    reader.text(await reader.u64(table + BigInt(index * POINTER)), MAX_NAME);
  const names = async (first: number, count: number) => {
    const found: string[] = [];
    for (let index = 0; index < count; index++) found.push(await nameOf(first + index));
    return found;
  };
  const firstNode = zones + numa;
  let firstEvent = firstNode + nodes;
  for (let step = 0; step < MOST_BETWEEN && (await nameOf(firstEvent)) !== FIRST_EVENT; step++) {
    firstEvent++;
  }
  return {
    zone: await names(0, zones),
    node: await names(firstNode, nodes),
    event: await names(firstEvent, events),
  };
}

/** The text of /proc/vmstat: of zones, of nodes, and of events. */
export async function vmstatText(kernel: DumpedKernel, names: CounterNames): Promise<string> {
  const { reader } = kernel;
  const lines: string[] = [];
  for (const [symbol, list] of [
    ["vm_zone_stat", names.zone],
    ["vm_node_stat", names.node],
  ] as const) {
    const view = await reader.view(symbolOf(kernel, symbol), list.length * LONG);
    for (const [index, name] of list.entries()) {
      const value = view.getBigInt64(index * LONG, true);
      lines.push(`${name} ${value < 0n ? 0n : value}`);
    }
  }
  const sums = new Array<bigint>(names.event.length).fill(0n);
  for (const cpu of await onlineCpus(kernel)) {
    const area = symbolOf(kernel, "vm_event_states") + (await perCpuOffset(kernel, cpu));
    const view = await reader.view(BigInt.asUintN(64, area), sums.length * LONG);
    for (const index of sums.keys()) {
      sums[index] = (sums[index] ?? 0n) + view.getBigUint64(index * LONG, true);
    }
  }
  for (const [index, name] of names.event.entries()) lines.push(`${name} ${sums[index] ?? 0n}`);
  return `${lines.join("\n")}\n`;
}

/** Lines of /proc/meminfo on swap and on the pool of huge pages. */
export async function meminfoText(kernel: DumpedKernel): Promise<string> {
  const { reader, symbols } = kernel;
  const lines: string[] = [];
  const kib = async (name: string, symbol: string) => {
    const address = symbols.get(symbol);
    if (address === undefined) return;
    const pages = await reader.i64(address);
    lines.push(`${name}: ${((pages < 0n ? 0n : pages) * BigInt(PAGE_SIZE)) / 1024n} kB`);
  };
  await kib("MemTotal", "_totalram_pages");
  await kib("SwapTotal", "total_swap_pages");
  await kib("SwapFree", "nr_swap_pages");
  await kib("CmaTotal", "totalcma_pages");
  await kib("Zswapped", "zswap_stored_pages");
  lines.push(...(await hugePages(kernel)));
  return `${lines.join("\n")}\n`;
}

/** The default pool; none where the kernel has none. */
async function hugePages(kernel: DumpedKernel): Promise<string[]> {
  const { reader, symbols } = kernel;
  const [states, which] = [symbols.get("hstates"), symbols.get("default_hstate_idx")];
  if (states === undefined || which === undefined) return [];
  const size = sizeOf(kernel, "hstate");
  const state = states + BigInt((await reader.u32(which)) * size);
  const number = (member: string) => reader.u64(state + offsetOf(kernel, "hstate", member));
  const order = await reader.u32(state + offsetOf(kernel, "hstate", "order"));
  return [
    `HugePages_Total: ${await number("nr_huge_pages")}`,
    `HugePages_Free: ${await number("free_huge_pages")}`,
    `HugePages_Rsvd: ${await number("resv_huge_pages")}`,
    `HugePages_Surp: ${await number("surplus_huge_pages")}`,
    `Hugepagesize: ${(2 ** (order & 31) * PAGE_SIZE) / 1024} kB`,
  ];
}
