import { captureOfDump, type DumpCapture } from "../dump/dump-capture.js";
import { dumpFormatOf, otherDump } from "../dump/dump-format.js";
import type { DumpFile } from "../dump/dump-file.js";
import { openMemory } from "../dump/open-memory.js";
import type { MemoryRange } from "../dump/physical-memory.js";
import { mayBeRawImage } from "../dump/raw-image.js";
import { openDumpFile } from "./dump-file.js";

/** How archives begin: gzip, and a tar archive at byte 257. */
const GZIP = [0x1f, 0x8b];
const TAR = "ustar";
const TAR_AT = 257;

/**
 * The capture in a memory dump; undefined where the file is none, by how it begins.
 *
 * @param map - where the parts of a raw image lie; the file must be one then.
 * @throws CaptureError where it is a dump that cannot be used.
 */
export async function openDump(
  path: string,
  map: readonly MemoryRange[] | undefined,
): Promise<DumpCapture | undefined> {
  const opened = await openDumpFile(path);
  const { file } = opened;
  try {
    if (map !== undefined || (await isDump(file))) {
      return await captureOfDump(await openMemory(file, map));
    }
  } catch (error) {
    opened.close();
    throw error;
  }
  opened.close();
  return undefined;
}

async function isDump(file: DumpFile): Promise<boolean> {
  if ((await dumpFormatOf(file)) !== undefined || (await otherDump(file)) !== undefined)
    return true;
  return mayBeRawImage(file) && !(await isArchive(file));
}

async function isArchive(file: DumpFile): Promise<boolean> {
  const bytes = await file.read(0, TAR_AT + TAR.length);
  if (GZIP.every((byte, at) => bytes[at] === byte)) return true;
  return String.fromCharCode(...bytes.subarray(TAR_AT)) === TAR;
}
