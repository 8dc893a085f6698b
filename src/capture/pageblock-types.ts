import { PAGE_SIZE } from "../units.js";
import type { Btf } from "./btf.js";
import { CaptureError } from "./capture-error.js";
import { MIGRATETYPES, migratetypesOf } from "./kernel-migratetypes.js";
import { KernelReader } from "./kernel-reader.js";
import type { KernelSources } from "./kernel-sources.js";

const PAGEBLOCK_PAGES = 512;
const UNKNOWN_TYPE = 255;

/**
 * Type of each pageblock from pfn 0 on, as `Migratetype` numbers them; 5: CMA; 255: not known. By
 * mem_section_usage.pageblock_flags.
 *
 * @throws CaptureError where the guest does not say where they lie.
 */
export async function readPageblockTypes(sources: KernelSources): Promise<Uint8Array> {
  const { memory, info, types, endPfn, file } = sources;
  const reader = new KernelReader(memory);
  const reject = (field: string, rule: string): never => {
    throw new CaptureError(file, field, rule);
  };
  const bits = pageblockBits(types, file);
  const size = info.size("mem_section");
  if (size > PAGE_SIZE) reject("SIZE(mem_section)", `must be at most 4096 bytes, got ${size}`);
  const sectionBits = info.signedConstant("SECTION_SIZE_BITS") ?? 27;
  if (sectionBits < 21 || sectionBits > 40) {
    reject("NUMBER(SECTION_SIZE_BITS)", `must be from 21 to 40, got ${sectionBits}`);
  }
  const usageAt = types.memberOffset("mem_section", "usage");
  const flagsAt = types.memberOffset("mem_section_usage", "pageblock_flags");
  const table = info.symbol("mem_section");
  if (usageAt === undefined || flagsAt === undefined || table === undefined) {
    return reject("mem_section", "must be known with its usage, got no such");
  }
  if (usageAt + 8 > size) {
    reject("SIZE(mem_section)", `must hold its usage, got ${size} bytes`);
  }
  const blocksEach = 2 ** sectionBits / (PAGEBLOCK_PAGES * PAGE_SIZE);
  const perRoot = Math.floor(PAGE_SIZE / size);
  const found = new Uint8Array(Math.ceil(endPfn / PAGEBLOCK_PAGES)).fill(UNKNOWN_TYPE);
  const flagBytes = (blocksEach * bits.width) / 8;
  for (let first = 0; first * blocksEach < found.length; first += perRoot) {
    const root = await reader.u64(table + BigInt((first / perRoot) * 8));
    if (root === 0n) continue;
    const sections = await reader.view(root, PAGE_SIZE);
    for (let index = 0; index < perRoot; index++) {
      const usage = sections.getBigUint64(index * size + usageAt, true);
      const block = (first + index) * blocksEach;
      if (usage === 0n || block >= found.length) continue;
      const flags = await memory.read(usage + BigInt(flagsAt), flagBytes);
      unpack(flags, bits, found.subarray(block, block + blocksEach));
    }
  }
  return found;
}

function unpack(flags: Uint8Array, bits: PageblockBits, into: Uint8Array): void {
  for (let block = 0; block < into.length; block++) {
    let value = 0;
    for (let bit = 0; bit < bits.width; bit++) {
      const at = block * bits.width + bit;
      value |= (((flags[at >> 3] ?? 0) >> (at & 7)) & 1) << bit;
    }
    const isIsolated = bits.isolate !== undefined && ((value >> bits.isolate) & 1) === 1;
    const type = isIsolated ? "Isolate" : bits.migratetypes[value & 7];
    into[block] = type === undefined ? UNKNOWN_TYPE : MIGRATETYPES.indexOf(type);
  }
}

/** How the type of a pageblock is stored. */
interface PageblockBits {
  /** Bits of each pageblock. */
  readonly width: number;
  /** The one that means isolated, where that is no type; undefined up to 6.16. */
  readonly isolate: number | undefined;
  /** The types by their numbers. */
  readonly migratetypes: ReturnType<typeof migratetypesOf>;
}

function pageblockBits(types: Btf, file: string): PageblockBits {
  const values = types.enumOf("pageblock_bits");
  const used = values?.get("NR_PAGEBLOCK_BITS") ?? values?.get("__NR_PAGEBLOCK_BITS") ?? 4;
  const width = [4, 8, 16].find((bits) => bits >= used) ?? 32;
  const isolate = values?.get("PB_migrate_isolate");
  return { width, isolate, migratetypes: migratetypesOf(types, file) };
}
