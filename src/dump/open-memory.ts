import { CaptureError } from "../capture/capture-error.js";
import { dumpFormatOf, otherDump } from "./dump-format.js";
import type { DumpFile } from "./dump-file.js";
import { openElfCore } from "./elf-core.js";
import { openFlattened } from "./flattened.js";
import { openKdump } from "./kdump.js";
import type { MemoryRange, PhysicalMemory } from "./physical-memory.js";
import { openRawImage } from "./raw-image.js";

/**
 * The physical memory in a dump, by how the file begins; what begins as no dump does is a raw
 * image.
 *
 * @param map - where the parts of a raw image lie.
 * @throws CaptureError where the file is no dump, or a damaged one.
 */
export async function openMemory(
  file: DumpFile,
  map?: readonly MemoryRange[],
): Promise<PhysicalMemory> {
  const format = await dumpFormatOf(file);
  if (format !== undefined && map !== undefined) {
    const rule = "must be a raw image where there is a memory map, got a dump that has its own";
    throw new CaptureError(file.name, "", rule);
  }
  if (format === "flattened") return openInner(await openFlattened(file));
  if (format === "kdump") return openKdump(file);
  if (format === "elf") return openElfCore(file);
  const other = await otherDump(file);
  if (other !== undefined) {
    const rule = `must be a capture, an ELF core, a kdump-compressed file or a raw image, got ${other}`;
    throw new CaptureError(file.name, "", rule);
  }
  return openRawImage(file, map);
}

async function openInner(file: DumpFile): Promise<PhysicalMemory> {
  const format = await dumpFormatOf(file);
  if (format === "kdump") return openKdump(file);
  if (format === "elf") return openElfCore(file);
  const rule = "must be of a kdump-compressed file or an ELF core, got another one";
  throw new CaptureError(file.name, "flattened file", rule);
}
