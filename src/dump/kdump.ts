import { CaptureError } from "../capture/capture-error.js";
import { hex } from "../capture/whole-number.js";
import { PAGE_SIZE } from "../units.js";
import { textOf, viewOf } from "../bytes.js";
import { readFully, type DumpFile } from "./dump-file.js";
import { parseNotes } from "./elf-notes.js";
import { pageCodec, type Compression, type PageCodec } from "./page-codec.js";
import { PageBitmap } from "./page-bitmap.js";
import type { DumpHints, MemoryRange, PhysicalMemory } from "./physical-memory.js";

// struct disk_dump_header and kdump_sub_header of makedumpfile (diskdump_mod.h), x86-64:
//
//   block 0: header | sub-header blocks | bitmap of RAM | bitmap of pages in the dump
//   then a descriptor of 24 bytes for each page in the dump, and their data
const HEADER_SIZE = 464;
const MACHINE_AT = 12 + 4 * 65;
const SUB_HEADER_SIZE = 104;
/** Versions of the header: since 3 with VMCOREINFO, 4 with notes, 6 with 64-bit page numbers. */
const WITH_INFO = 3;
const WITH_NOTES = 4;
const WITH_64_BITS = 6;

const DESCRIPTOR_SIZE = 24;
const COMPRESSIONS: readonly (readonly [flag: number, name: Compression])[] = [
  [1, "zlib"],
  [2, "lzo"],
  [4, "snappy"],
  [0x20, "zstd"],
];
/** The dump is not all there (DUMP_DH_COMPRESSED_INCOMPLETE). */
const INCOMPLETE = 8;
/** Level of makedumpfile -d: pages of zeros are left out. */
const WITHOUT_ZEROS = 1;

const MAX_NOTES_SIZE = 2 ** 24;
const MAX_PAGES = 2 ** 40;
/** Data of neighbouring pages that is read at one go. */
const MAX_SPAN = 2 ** 22;
const MAX_KEPT_PAGES = 1024;

/**
 * The memory in a kdump-compressed file: `dump-guest-memory -z`, `-l` or `-s` of QEMU,
 * makedumpfile.
 *
 * @throws CaptureError if it is none of x86-64, one of several parts, or cut off.
 */
export async function openKdump(file: DumpFile): Promise<PhysicalMemory> {
  const header = await readFully(file, 0, HEADER_SIZE, "header");
  const view = viewOf(header);
  const reject = (field: string, rule: string): never => {
    throw new CaptureError(file.name, field, rule);
  };
  const machine = textOf(header.subarray(MACHINE_AT, MACHINE_AT + 65));
  if (machine !== "x86_64") {
    reject("machine", `must be x86_64, got ${JSON.stringify(machine)}: not supported yet`);
  }
  const version = view.getInt32(8, true);
  if (version < 1 || version > WITH_64_BITS) {
    reject("header version", `must be 1 to ${WITH_64_BITS}, got ${version}`);
  }
  const status = view.getUint32(424, true);
  if ((status & INCOMPLETE) !== 0)
    reject("status", "must be complete, got a dump that was cut off");
  const blockSize = view.getInt32(428, true);
  if (blockSize !== PAGE_SIZE) reject("block size", `must be ${PAGE_SIZE} bytes, got ${blockSize}`);
  const subBlocks = view.getInt32(432, true);
  const bitmapBlocks = view.getUint32(436, true);
  if (subBlocks < 1 || subBlocks > 2 ** 16) reject("sub-header", `must be there, got ${subBlocks}`);
  const sub = viewOf(await readFully(file, blockSize, SUB_HEADER_SIZE, "sub-header"));
  if (sub.getInt32(12, true) !== 0) {
    reject("dump", "must be in one file, got one of several parts: join them with makedumpfile");
  }
  const level = sub.getInt32(8, true);
  const nrPages =
    version >= WITH_64_BITS ? Number(sub.getBigUint64(96, true)) : view.getUint32(440, true);
  if (nrPages === 0 || nrPages > MAX_PAGES) {
    reject("max_mapnr", `must be 1 to 2^40 pages, got ${nrPages}`);
  }
  const bitmapSize = (bitmapBlocks * blockSize) / 2;
  if (bitmapSize * 8 < nrPages) {
    reject("bitmaps", `must have a bit for each of ${nrPages} pages, got ${bitmapSize * 8}`);
  }
  const bitmapsAt = (1 + subBlocks) * blockSize;
  const size = Math.ceil(nrPages / 8);
  const ram = await readFully(file, bitmapsAt, size, "bitmap of memory");
  const dumped = await readFully(file, bitmapsAt + bitmapSize, size, "bitmap of pages");
  return new KdumpMemory(file, {
    ram: new PageBitmap(ram, nrPages),
    dumped: new PageBitmap(dumped, nrPages),
    descriptorsAt: bitmapsAt + bitmapBlocks * blockSize,
    hasZeros: (level & WITHOUT_ZEROS) === 0,
    hints: { ...(await hintsOf(file, version, sub)), notes: notesOn(level) },
  });
}

/** More than zeros left out: what is missing may be either. */
function notesOn(level: number): string[] {
  if ((level & WITHOUT_ZEROS) === 0 || level === WITHOUT_ZEROS) return [];
  return [
    `the dump leaves out pages (makedumpfile -d ${level}); where they are the kernel's they count as zeros`,
  ];
}

async function hintsOf(file: DumpFile, version: number, sub: DataView): Promise<DumpHints> {
  const part = async (at: number, what: string): Promise<Uint8Array | undefined> => {
    const size = Number(sub.getBigUint64(at + 8, true));
    if (size === 0) return undefined;
    if (size > MAX_NOTES_SIZE) {
      throw new CaptureError(file.name, what, `must be at most 16 MiB, got ${size} bytes`);
    }
    return readFully(file, Number(sub.getBigUint64(at, true)), size, what);
  };
  const info = version < WITH_INFO ? undefined : await part(32, "VMCOREINFO");
  const bytes = version < WITH_NOTES ? undefined : await part(48, "notes");
  const notes =
    bytes === undefined ? { vmcoreInfos: [], pageTables: [] } : parseNotes(bytes, file.name);
  return {
    vmcoreInfos: info === undefined ? notes.vmcoreInfos : [textOf(info), ...notes.vmcoreInfos],
    pageTables: notes.pageTables,
  };
}

interface KdumpParts {
  readonly ram: PageBitmap;
  readonly dumped: PageBitmap;
  readonly descriptorsAt: number;
  /** Pages of zeros are in the dump as any others. */
  readonly hasZeros: boolean;
  readonly hints: DumpHints;
}

/** Where the data of a page is. */
interface PageData {
  readonly position: number;
  readonly size: number;
  readonly flags: number;
}

class KdumpMemory implements PhysicalMemory {
  readonly #file: DumpFile;
  readonly #parts: KdumpParts;
  readonly #codecs = new Map<Compression, PageCodec>();
  readonly #kept = new Map<number, Uint8Array>();

  constructor(file: DumpFile, parts: KdumpParts) {
    this.#file = file;
    this.#parts = parts;
  }

  get name(): string {
    return this.#file.name;
  }

  get hints(): DumpHints {
    return this.#parts.hints;
  }

  get ranges(): Iterable<MemoryRange> {
    return this.#parts.dumped.runs();
  }

  async read(address: number, length: number): Promise<Uint8Array> {
    const first = Math.floor(address / PAGE_SIZE);
    const end = Math.ceil((address + length) / PAGE_SIZE);
    const bytes = new Uint8Array((end - first) * PAGE_SIZE);
    for (let page = first; page < end;) page = await this.#readPages(page, end, bytes, first);
    const from = address - first * PAGE_SIZE;
    return bytes.subarray(from, from + length);
  }

  /** Reads some of the pages [page, end) into `bytes`; returns the first one that is left. */
  async #readPages(page: number, end: number, bytes: Uint8Array, first: number): Promise<number> {
    const at = (page - first) * PAGE_SIZE;
    const { dumped, ram, hasZeros } = this.#parts;
    const kept = this.#kept.get(page);
    if (kept !== undefined) {
      bytes.set(kept, at);
      return page + 1;
    }
    if (!dumped.has(page)) {
      // what was left out as zeros is zeros
      if (ram.has(page) && !hasZeros) return page + 1;
      const rule =
        "must be in the dump, got a page that was left out: the kernel's own memory has to be complete";
      throw new CaptureError(this.name, `memory at ${hex(page * PAGE_SIZE)}`, rule);
    }
    let stop = page + 1;
    while (stop < end && dumped.has(stop) && !this.#kept.has(stop)) stop++;
    const pages = await this.#descriptors(page, stop - page);
    return this.#decompress(page, pages, bytes, at);
  }

  async #descriptors(page: number, count: number): Promise<PageData[]> {
    const { dumped, descriptorsAt } = this.#parts;
    const position = descriptorsAt + dumped.rank(page) * DESCRIPTOR_SIZE;
    const what = "page descriptors";
    const view = viewOf(await readFully(this.#file, position, count * DESCRIPTOR_SIZE, what));
    return Array.from({ length: count }, (_, index) => {
      const at = index * DESCRIPTOR_SIZE;
      const data = {
        position: Number(view.getBigUint64(at, true)),
        size: view.getUint32(at + 8, true),
        flags: view.getUint32(at + 12, true),
      };
      if (data.size > 0 && data.size <= PAGE_SIZE) return data;
      const field = `page at ${hex((page + index) * PAGE_SIZE)}`;
      throw new CaptureError(this.name, field, `must have 1 to 4096 bytes, got ${data.size}`);
    });
  }

  /** As many of the pages as lie next to each other in the file. */
  async #decompress(
    page: number,
    pages: readonly PageData[],
    bytes: Uint8Array,
    at: number,
  ): Promise<number> {
    const start = pages[0]?.position ?? 0;
    let end = start;
    let count = 0;
    for (const { position, size } of pages) {
      if (position < start || position + size - start > MAX_SPAN) break;
      end = Math.max(end, position + size);
      count++;
    }
    const data = await readFully(this.#file, start, end - start, "page data");
    // pages that are alike, of zeros above all, may share their data
    let last: { readonly position: number; readonly content: Uint8Array } | undefined;
    for (const [index, { position, size, flags }] of pages.slice(0, count).entries()) {
      const input = data.subarray(position - start, position - start + size);
      const content =
        last?.position === position
          ? last.content
          : await this.#content(page + index, input, flags);
      last = { position, content };
      bytes.set(content, at + index * PAGE_SIZE);
      if (pages.length === 1) this.#keep(page, content);
    }
    return page + count;
  }

  async #content(page: number, input: Uint8Array, flags: number): Promise<Uint8Array> {
    const [, name] = COMPRESSIONS.find(([flag]) => (flags & flag) !== 0) ?? [];
    if (name === undefined) {
      if (flags === 0 && input.length === PAGE_SIZE) return input;
      const field = `page at ${hex(page * PAGE_SIZE)}`;
      const rule = `must be compressed by zlib, lzo, snappy or zstd, got flags ${hex(flags)} with ${input.length} bytes`;
      throw new CaptureError(this.name, field, rule);
    }
    let codec = this.#codecs.get(name);
    if (codec === undefined) {
      codec = await pageCodec(name, this.name);
      this.#codecs.set(name, codec);
    }
    return codec(input, PAGE_SIZE);
  }

  /** Single pages are read again and again. */
  #keep(page: number, content: Uint8Array): void {
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MAX_KEPT_PAGES && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(page, content);
  }
}
