import { CaptureError } from "../capture/capture-error.js";
import { viewOf } from "../bytes.js";
import { readFully, type DumpFile } from "./dump-file.js";
import { parseNotes } from "./elf-notes.js";
import { ExtentMemory } from "./extent-memory.js";
import { extentsOf, type Extent } from "./extents.js";
import type { DumpHints, PhysicalMemory } from "./physical-memory.js";

// include/uapi/linux/elf.h
const HEADER_SIZE = 64;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const TYPE_CORE = 4;
const MACHINE_X86_64 = 62;
const PROGRAM_HEADER_SIZE = 56;
const LOAD = 1;
const NOTE = 4;
/** e_phnum of a file with more program headers: their number is in the first section header. */
const MANY_HEADERS = 0xffff;
const SECTION_HEADER_SIZE = 64;
const SECTION_INFO = 44;

/** A dump by virtual address has a header per mapping: some 70,000 in a guest of 1.7 GiB. */
const MAX_HEADERS = 2 ** 22;
const HEADERS_AT_ONCE = 2 ** 14;
const MAX_NOTES_SIZE = 2 ** 24;

/** Names of machines that a dump may be of, for messages. */
const MACHINES: Readonly<Record<number, string>> = {
  3: "i386",
  21: "ppc64",
  22: "s390x",
  40: "arm",
  183: "aarch64",
  243: "riscv",
  258: "loongarch",
};

/**
 * The memory in an ELF core: `dump-guest-memory` of QEMU, with `-p` (by virtual address, too) or
 * without, `virsh dump --memory-only`, `makedumpfile -E`.
 *
 * @throws CaptureError if it is none of x86-64, or cut off.
 */
export async function openElfCore(file: DumpFile): Promise<PhysicalMemory> {
  const header = await readFully(file, 0, HEADER_SIZE, "ELF header");
  const view = viewOf(header);
  const reject = (field: string, rule: string): never => {
    throw new CaptureError(file.name, field, rule);
  };
  if (header[5] !== LITTLE_ENDIAN) reject("ELF header", "must be little-endian, got big-endian");
  const machine = view.getUint16(18, true);
  if (machine !== MACHINE_X86_64) {
    const found = MACHINES[machine] ?? `machine ${machine}`;
    reject("machine", `must be x86-64, got ${found}: not supported yet`);
  }
  if (header[4] !== CLASS_64) reject("ELF header", "must be of 64 bits, got 32");
  const type = view.getUint16(16, true);
  if (type !== TYPE_CORE) reject("ELF header", `must be of a core (type 4), got type ${type}`);
  const headerSize = view.getUint16(54, true);
  if (headerSize !== PROGRAM_HEADER_SIZE) {
    reject("program headers", `must have ${PROGRAM_HEADER_SIZE} bytes each, got ${headerSize}`);
  }
  const count = await countOf(file, view);
  if (count === 0 || count > MAX_HEADERS) {
    reject("program headers", `must be 1 to ${MAX_HEADERS}, got ${count}`);
  }
  return readSegments(file, Number(view.getBigUint64(32, true)), count);
}

async function countOf(file: DumpFile, header: DataView): Promise<number> {
  const count = header.getUint16(56, true);
  if (count !== MANY_HEADERS) return count;
  const at = Number(header.getBigUint64(40, true));
  const section = await readFully(file, at, SECTION_HEADER_SIZE, "first section header");
  return viewOf(section).getUint32(SECTION_INFO, true);
}

async function readSegments(file: DumpFile, at: number, count: number): Promise<PhysicalMemory> {
  const extents: Extent[] = [];
  const hints: { vmcoreInfos: string[]; pageTables: number[] } = {
    vmcoreInfos: [],
    pageTables: [],
  };
  for (let index = 0; index < count; index += HEADERS_AT_ONCE) {
    const nr = Math.min(HEADERS_AT_ONCE, count - index);
    const position = at + index * PROGRAM_HEADER_SIZE;
    const bytes = await readFully(file, position, nr * PROGRAM_HEADER_SIZE, "program headers");
    const view = viewOf(bytes);
    for (let header = 0; header < bytes.length; header += PROGRAM_HEADER_SIZE) {
      const type = view.getUint32(header, true);
      if (type === LOAD) extents.push(extentOf(view, header, file));
      if (type !== NOTE) continue;
      const found = await notesOf(view, header, file);
      hints.vmcoreInfos.push(...found.vmcoreInfos);
      hints.pageTables.push(...found.pageTables);
    }
  }
  const ranges = extentsOf(extents);
  if (ranges.length === 0) {
    throw new CaptureError(file.name, "program headers", "must name memory, got none");
  }
  return new ExtentMemory(file, ranges, hints);
}

/** What a header has on file; the rest of its memory is not in the dump. */
function extentOf(view: DataView, header: number, file: DumpFile): Extent {
  const position = Number(view.getBigUint64(header + 8, true));
  const start = Number(view.getBigUint64(header + 24, true));
  const size = Number(view.getBigUint64(header + 32, true));
  if (position + size > file.size) {
    const rule = `must end within the file, at byte ${position + size}, got a file of ${file.size} bytes: is the dump complete?`;
    throw new CaptureError(file.name, "memory", rule);
  }
  if (start + size > 2 ** 52) {
    throw new CaptureError(file.name, "memory", `must end below 2^52, got ${start + size}`);
  }
  return { start, end: start + size, position };
}

async function notesOf(view: DataView, header: number, file: DumpFile): Promise<DumpHints> {
  const size = Number(view.getBigUint64(header + 32, true));
  if (size > MAX_NOTES_SIZE) {
    throw new CaptureError(file.name, "notes", `must be at most 16 MiB, got ${size} bytes`);
  }
  const position = Number(view.getBigUint64(header + 8, true));
  return parseNotes(await readFully(file, position, size, "notes"), file.name);
}
