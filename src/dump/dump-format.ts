import type { DumpFile } from "./dump-file.js";

/** What a memory dump may be. */
export type DumpFormat = "elf" | "kdump" | "flattened";

const MAGIC: Readonly<Record<DumpFormat, string>> = {
  elf: "\x7fELF",
  kdump: "KDUMP   ",
  flattened: "makedumpfile\0",
};
/** Longest of them. */
const MAGIC_SIZE = 16;

/** Formats of other dump tools, which are told in words. */
const OTHERS: Readonly<Record<string, string>> = {
  PAGEDU64: "a Windows crash dump",
  DISKDUMP: "a diskdump of kernels before 2.6.16",
  "EMiL\x01\0\0\0": "an image by LiME",
  QEVM: "a saved state of QEMU (savevm, migrate), which is no memory dump",
  LibvirtQ: "a saved state of libvirt, which is no memory dump: use virsh dump --memory-only",
};

/** By how it begins; undefined where it is none of them, as a raw image is. */
export async function dumpFormatOf(file: DumpFile): Promise<DumpFormat | undefined> {
  const start = await beginningOf(file);
  return (Object.keys(MAGIC) as DumpFormat[]).find((format) => start.startsWith(MAGIC[format]));
}

/** In words, what a file is that begins as another kind of dump does. */
export async function otherDump(file: DumpFile): Promise<string | undefined> {
  const start = await beginningOf(file);
  return Object.entries(OTHERS).find(([magic]) => start.startsWith(magic))?.[1];
}

async function beginningOf(file: DumpFile): Promise<string> {
  const bytes = await file.read(0, MAGIC_SIZE);
  return String.fromCharCode(...bytes);
}
