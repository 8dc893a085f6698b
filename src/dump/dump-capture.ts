import { CaptureError } from "../capture/capture-error.js";
import type { CaptureFiles } from "../capture/capture-files.js";
import { commandLine, memoryBlockSize, memorySettings, moduleParameters } from "./parameters.js";
import { meminfoText, readCounterNames, vmstatText } from "./counters.js";
import { readZones, zoneinfoText, type DumpedZone } from "./dumped-zones.js";
import { openKernel, type DumpedKernel } from "./dumped-kernel.js";
import { findKernel } from "./find-kernel.js";
import { kernelPieces, type KernelPieces } from "./kernel-pieces.js";
import { memoryBlocksText } from "./memory-block-states.js";
import { kpageflags, structPageRuns, structPages } from "./page-words.js";
import { isInputError } from "../input-error.js";
import type { PhysicalMemory } from "./physical-memory.js";
import { driverLog } from "./printk.js";
import { iomemText } from "./resources.js";
import { readSections, type MemorySections } from "./sections.js";

const USUAL_BLOCK_SIZE = 2 ** 27;

/** Symbols that a capture is made by. */
export const SYMBOLS = [
  "__cpu_online_mask",
  "__per_cpu_offset",
  "__start___param",
  "__stop___param",
  "_totalram_pages",
  "auto_movable_numa_aware",
  "auto_movable_ratio",
  "cpu_fbatches",
  "default_hstate_idx",
  "hstates",
  "iomem_resource",
  "lru_pvecs",
  "memhp_default_online_type",
  "memmap_mode",
  "memmap_on_memory",
  "mhp_default_online_type",
  "modules",
  "nr_cpu_ids",
  "nr_swap_pages",
  "online_policy",
  "saved_command_line",
  "sections_per_block",
  "total_swap_pages",
  "totalcma_pages",
  "vm_event_states",
  "vm_node_stat",
  "vm_zone_stat",
  "vmstat_text",
  "zero_pfn",
  "zswap_stored_pages",
];

/** A capture that was made of a memory dump, and what was strange about it. */
export interface DumpCapture extends CaptureFiles {
  readonly notes: readonly string[];
}

/**
 * Makes an exact capture of the memory of a guest: the same files as the script would have written
 * in the guest at that moment, as far as they are in its memory. Page flags and struct pages are
 * read whenever they are opened.
 *
 * @throws CaptureError if there is no Linux guest of x86-64 in it, or not all of its kernel.
 */
export async function captureOfDump(memory: PhysicalMemory): Promise<DumpCapture> {
  try {
    return await readCapture(memory);
  } catch (error) {
    // fields that a damaged note or damaged types place beyond the end of their structs
    if (!(error instanceof RangeError) || isInputError(error)) throw error;
    const rule = "must lie within their structs, got others: is VMCOREINFO or BTF damaged?";
    throw new CaptureError(memory.name, "fields of the kernel", rule, { cause: error });
  }
}

async function readCapture(memory: PhysicalMemory): Promise<DumpCapture> {
  const notes = [...(memory.hints.notes ?? [])];
  const kernel = await openKernel(await findKernel(memory, notes), SYMBOLS);
  const sections = await readSections(kernel);
  const names = await readCounterNames(kernel);
  const zones = await readZones(kernel, names.zone);
  const blockSize = (await memoryBlockSize(kernel)) ?? USUAL_BLOCK_SIZE;
  const { host, release, version, machine } = kernel.uts;
  const texts = new Map<string, string>([
    ["uname.txt", `Linux ${host} ${release} ${version} ${machine}\n`],
    ["iomem.txt", await iomemText(kernel)],
    ["zoneinfo.txt", zoneinfoText(zones)],
    ["memory-blocks.txt", await memoryBlocksText(kernel, sections, zones, blockSize)],
    ["memory-settings.txt", await memorySettings(kernel, blockSize)],
    ["module-parameters.txt", await moduleParameters(kernel)],
    ["vmcoreinfo.txt", kernel.infoText],
    ["struct-pages.txt", structPageRuns(sections)],
  ]);
  await optional(texts, notes, "vmstat.txt", () => vmstatText(kernel, names));
  await optional(texts, notes, "meminfo.txt", () => meminfoText(kernel));
  await optional(texts, notes, "dmesg-virtio_mem.txt", () => driverLog(kernel));
  const pieces = await piecesOf(kernel, sections, zones, notes);
  if (pieces !== undefined) {
    texts.set("kernel-memory.txt", pieces.segments);
    texts.set("symbols.txt", pieces.symbols);
  }
  const line = await commandLine(kernel);
  if (line !== undefined) texts.set("cmdline.txt", line);
  return filesOf(kernel, texts, notes, {
    kpageflags: () => kpageflags(kernel, sections),
    "struct-pages": () => structPages(kernel, sections),
    btf: () => [kernel.typeBytes],
    ...(pieces === undefined ? {} : { "kernel-memory": () => pieces.memory }),
  });
}

/** What tells free lists; without it they are built by a convention. */
async function piecesOf(
  kernel: DumpedKernel,
  sections: MemorySections,
  zones: readonly DumpedZone[],
  notes: string[],
): Promise<KernelPieces | undefined> {
  const nodes = zones.filter(({ values }) => values.present > 0).map(({ node }) => node);
  try {
    return await kernelPieces(kernel, sections, [...new Set(nodes)]);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    notes.push(`free lists are left out: ${error.message}`);
    return undefined;
  }
}

/** What a prediction can do without. */
async function optional(
  texts: Map<string, string>,
  notes: string[],
  name: string,
  make: () => Promise<string>,
): Promise<void> {
  try {
    texts.set(name, await make());
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    notes.push(`${name} is left out: ${error.message}`);
  }
}

type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

function filesOf(
  kernel: DumpedKernel,
  texts: ReadonlyMap<string, string>,
  notes: readonly string[],
  large: Readonly<Record<string, () => Pieces>>,
): DumpCapture {
  return {
    name: kernel.name,
    notes,
    names: () => [...texts.keys(), ...Object.keys(large)],
    async *open(name) {
      const text = texts.get(name);
      if (text !== undefined) {
        yield new TextEncoder().encode(text);
        return;
      }
      const pieces = Object.hasOwn(large, name) ? large[name] : undefined;
      if (pieces === undefined) {
        throw new CaptureError(name, "", "must be there, got no such file");
      }
      yield* pieces();
    },
  };
}
