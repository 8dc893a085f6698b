import { CaptureError, quoted } from "../capture/capture-error.js";
import { VmcoreInfo } from "../capture/vmcoreinfo.js";
import { PAGE_SIZE } from "../units.js";
import { textOf, viewOf } from "../bytes.js";
import { unlessMissing } from "../capture/kernel-reader.js";
import { KernelSpace, type PageTables } from "./kernel-space.js";
import type { PhysicalMemory } from "./physical-memory.js";

/** Where the kernel's own image is mapped, __START_KERNEL_map. */
const IMAGE = 0xffff_ffff_8000_0000n;
/** `struct new_utsname`: names of 65 bytes each. */
const NAME_SIZE = 65;
/** Of uts_namespace: the names are its first member, or follow a count or two. */
const UTS_SIZE = 64 + 6 * NAME_SIZE;
const SYSTEM = "Linux";

/** How the note begins in memory: sizes of its name and content, type 0, name. */
const NOTE_NAME = "VMCOREINFO\0";
const NOTE_HEADER = 24;
const NOTE_START = "OSRELEASE=";
const MAX_NOTE = 2 ** 16;
/** Memory that is looked through at once. */
const SCAN_PIECE = 2 ** 22;
/** Notes that are tried: copies, and those of kernels that ran before or inside. */
const MAX_TRIED = 1024;

/** The kernel in a dump: what it says of itself, its memory, and its names. */
export interface FoundKernel {
  readonly info: VmcoreInfo;
  /** The text of the note. */
  readonly infoText: string;
  readonly space: KernelSpace;
  readonly uts: UtsName;
}

export interface UtsName {
  readonly host: string;
  readonly release: string;
  readonly version: string;
  readonly machine: string;
}

/**
 * Finds the kernel in a dump by its note VMCOREINFO: one that the container has, else one in
 * memory, where it lies at the beginning of a page. A note is believed where the page tables that
 * it names lead to the kernel's own name, with the same release.
 *
 * @param notes - gets sentences on what was strange.
 * @throws CaptureError if there is no note, or none that fits the memory.
 */
export async function findKernel(memory: PhysicalMemory, notes: string[]): Promise<FoundKernel> {
  const texts = [...new Set(memory.hints.vmcoreInfos)].filter((text) => text.trim() !== "");
  const refused: string[] = [];
  const found: FoundKernel[] = [];
  for (const text of texts) {
    const kernel = await tryNote(memory, text, refused);
    if (kernel !== undefined) found.push(kernel);
  }
  if (found.length > 1) {
    const releases = found.map(({ uts }) => uts.release).join(", ");
    const rule = `must be one that fits the memory, got ${found.length} (${releases})`;
    throw new CaptureError(memory.name, "note VMCOREINFO", rule);
  }
  const [only] = found;
  if (only !== undefined) {
    if (texts.length > 1) notes.push(`of ${texts.length} notes VMCOREINFO one fits the memory`);
    return only;
  }
  for await (const text of scanned(memory)) {
    const kernel = await tryNote(memory, text, refused);
    if (kernel === undefined) continue;
    const why = texts.length > 0 ? "the dump's own note does not fit its memory" : undefined;
    if (why !== undefined) notes.push(`${why}: ${refused[0] ?? ""}; another one was found there`);
    return kernel;
  }
  const [first] = refused;
  if (first !== undefined) {
    const rule = `must fit the memory, got one that does not: ${first}`;
    throw new CaptureError(memory.name, "note VMCOREINFO", rule);
  }
  throw new CaptureError(
    memory.name,
    "note VMCOREINFO",
    "must be in the dump or in the guest's memory, got none: is it a Linux guest, had it booted, " +
      "and is its kernel built with CONFIG_PROC_KCORE or CONFIG_CRASH_DUMP?",
  );
}

async function tryNote(
  memory: PhysicalMemory,
  text: string,
  refused: string[],
): Promise<FoundKernel | undefined> {
  try {
    const info = VmcoreInfo.parse(text, "VMCOREINFO");
    const release = info.text("OSRELEASE");
    if (release === undefined) {
      throw new CaptureError("VMCOREINFO", "OSRELEASE", "must be there, got nothing");
    }
    let why = "encrypted memory, or a note of another kernel?";
    for (const tables of tablesOf(info, memory)) {
      const space = new KernelSpace(memory, tables);
      try {
        const uts = await readUts(space, info);
        if (uts?.release === release) return { info, infoText: text, space, uts };
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error;
        why = error.message;
      }
    }
    const rule = `must be that of the kernel in memory, got ${quoted(release)}, which is not where the note says: ${why}`;
    throw new CaptureError("VMCOREINFO", "OSRELEASE", rule);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    refused.push(error.message);
    return undefined;
  }
}

/** By the note; else those that CPUs used. */
function* tablesOf(info: VmcoreInfo, memory: PhysicalMemory): Generator<PageTables> {
  const pageSize = info.text("PAGESIZE") ?? "nothing";
  if (pageSize !== String(PAGE_SIZE)) {
    throw new CaptureError("VMCOREINFO", "PAGESIZE", `must be 4096, got ${quoted(pageSize)}`);
  }
  const levels = info.find("pgtable_l5_enabled") === 1 ? 5 : 4;
  const mask = BigInt(info.find("sme_mask") ?? 0);
  const top = info.symbol("swapper_pg_dir");
  const base = info.find("phys_base");
  if (top !== undefined && base !== undefined) {
    const root = Number(top - IMAGE) + base;
    if (root >= 0 && root % PAGE_SIZE === 0) yield { root, levels, mask };
  }
  for (const root of memory.hints.pageTables) yield { root, levels, mask };
}

async function readUts(space: KernelSpace, info: VmcoreInfo): Promise<UtsName | undefined> {
  const address = info.symbol("init_uts_ns");
  if (address === undefined) return undefined;
  const bytes = await space.read(address, UTS_SIZE);
  const start = info.findOffset("uts_namespace.name") ?? nameIn(bytes);
  if (start < 0 || start + 6 * NAME_SIZE > bytes.length) return undefined;
  const name = (index: number) =>
    textOf(bytes.subarray(start + index * NAME_SIZE, start + (index + 1) * NAME_SIZE));
  return { host: name(1), release: name(2), version: name(3), machine: name(4) };
}

/** Where the names begin, which kernels before 6.0 do not say. */
function nameIn(bytes: Uint8Array): number {
  for (let at = 0; at + SYSTEM.length <= bytes.length; at += 4) {
    if (textOf(bytes.subarray(at, at + NAME_SIZE)) === SYSTEM) return at;
  }
  return -1;
}

/** Texts of notes in memory, each once, from the lowest address on. */
async function* scanned(memory: PhysicalMemory): AsyncGenerator<string> {
  const seen = new Set<string>();
  for (const { start, end } of memory.ranges) {
    for (let at = start; at < end; at += SCAN_PIECE) {
      const size = Math.min(SCAN_PIECE, end - at);
      const bytes = await unlessMissing(() => memory.read(at, size));
      if (bytes === undefined) continue;
      for (let page = pageFrom(at) - at; page + PAGE_SIZE <= size; page += PAGE_SIZE) {
        const text = noteAt(bytes, page);
        if (text === undefined || seen.has(text)) continue;
        seen.add(text);
        yield text;
        if (seen.size >= MAX_TRIED) return;
      }
    }
  }
}

function pageFrom(address: number): number {
  return Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;
}

function noteAt(bytes: Uint8Array, at: number): string | undefined {
  if (bytes[at] !== NOTE_NAME.length || bytes[at + 12] !== NOTE_NAME.charCodeAt(0))
    return undefined;
  const view = viewOf(bytes);
  const size = view.getUint32(at + 4, true);
  if (size > MAX_NOTE || at + NOTE_HEADER + size > bytes.length) return undefined;
  const header = textOf(bytes.subarray(at + 12, at + NOTE_HEADER));
  const text = textOf(bytes.subarray(at + NOTE_HEADER, at + NOTE_HEADER + size));
  return `${header}\0` === NOTE_NAME && text.startsWith(NOTE_START) ? text : undefined;
}
