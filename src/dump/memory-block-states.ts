import type { DumpedKernel } from "./dumped-kernel.js";
import type { DumpedZone } from "./dumped-zones.js";
import type { MemorySection, MemorySections } from "./sections.js";
import { PAGE_SIZE } from "../units.js";

const FLAG_BITS = 64n;

/** Bits of page.flags that say where a page lies: the node at the top, its zone below. */
interface Place {
  readonly node: number;
  readonly zone: number;
}

/**
 * States of memory blocks, as the capture script lists them. A block is online where all its
 * sections are, and of the zone that its first and last page are of.
 */
export async function memoryBlocksText(
  kernel: DumpedKernel,
  sections: MemorySections,
  zones: readonly DumpedZone[],
  blockSize: number,
): Promise<string> {
  const perBlock = Math.max(1, blockSize / (sections.pagesPerSection * PAGE_SIZE));
  const blocks = new Map<number, MemorySection[]>();
  for (const section of sections.present) {
    const id = Math.floor(section.number / perBlock);
    blocks.set(id, [...(blocks.get(id) ?? []), section]);
  }
  const lines: string[] = [];
  for (const [id, parts] of blocks) {
    const isOnline = parts.every((part) => part.isOnline);
    const index = id.toString(16).padStart(8, "0");
    const [first, last] = [parts[0], parts.at(-1)];
    const from = isOnline ? await placeOf(kernel, sections, first, 0) : undefined;
    const to = isOnline
      ? await placeOf(kernel, sections, last, sections.pagesPerSection - 1)
      : undefined;
    const zone = zones.find(({ node, index: at }) => node === from?.node && at === from.zone);
    const isOne = zone !== undefined && from?.zone === to?.zone && from?.node === to?.node;
    const state = isOnline ? "online" : "offline";
    const node = from === undefined ? "" : ` node=${from.node}`;
    const name = isOne ? zone.name : "none";
    lines.push(`memory${id} phys_index=${index} state=${state} valid_zones=${name}${node}`);
  }
  return lines.map((line) => `${line}\n`).join("");
}

async function placeOf(
  { info, reader, types }: DumpedKernel,
  { structSize }: MemorySections,
  section: MemorySection | undefined,
  page: number,
): Promise<Place | undefined> {
  if (section?.memmap === undefined) return undefined;
  const at = section.memmap + BigInt(page * structSize + info.offset("page.flags"));
  const flags = await reader.u64(at);
  const nodeBits = bitsFor(info.findLength("node_data") ?? 1);
  const zoneBits = bitsFor(types.elementsOf("pglist_data", "node_zones") ?? 1);
  const node = flags >> (FLAG_BITS - nodeBits);
  const zone = (flags >> (FLAG_BITS - nodeBits - zoneBits)) & ((1n << zoneBits) - 1n);
  return { node: Number(node), zone: Number(zone) };
}

/** Bits that tell so many apart. */
function bitsFor(count: number): bigint {
  return BigInt(Math.ceil(Math.log2(Math.max(1, count))));
}
