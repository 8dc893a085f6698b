import { CaptureError } from "../capture/capture-error.js";
import { textOf, viewOf } from "../bytes.js";
import type { DumpHints } from "./physical-memory.js";

/** `struct QEMUCPUState` of QEMU's target/i386/arch_dump.c: its size, and where CR3 lies. */
const QEMU_STATE_SIZE = 0x1b8;
const QEMU_CR3 = 416;
/** Bits of CR3 that are no address: the process-context identifier, or flags. */
const CR3_ADDRESS = 0x000f_ffff_ffff_f000n;
/** With page-table isolation the table of programs lies in the page behind the kernel's. */
const USER_TABLE = 0x1000n;

const MAX_NOTES = 2 ** 16;

/**
 * Reads the notes of a dump: VMCOREINFO, and what QEMU notes of each CPU.
 *
 * @throws CaptureError where a note does not end within `bytes`.
 */
export function parseNotes(bytes: Uint8Array, file: string): DumpHints {
  const view = viewOf(bytes);
  const vmcoreInfos: string[] = [];
  const pageTables: number[] = [];
  let at = 0;
  for (let count = 0; at + 12 <= bytes.length; count++) {
    const nameSize = view.getUint32(at, true);
    const size = view.getUint32(at + 4, true);
    // padding at the end
    if (nameSize === 0 && size === 0) break;
    const body = at + 12 + rounded(nameSize);
    if (body + size > bytes.length || count > MAX_NOTES) {
      const rule = `must end within ${bytes.length} bytes of notes, got an end at ${body + size}`;
      throw new CaptureError(file, `note ${count + 1}`, rule);
    }
    const name = textOf(bytes.subarray(at + 12, at + 12 + nameSize));
    const content = bytes.subarray(body, body + size);
    if (name === "VMCOREINFO") vmcoreInfos.push(textOf(content));
    if (name === "QEMU" && size >= QEMU_STATE_SIZE) {
      const table = viewOf(content).getBigUint64(QEMU_CR3, true) & CR3_ADDRESS;
      pageTables.push(Number(table & ~USER_TABLE), Number(table));
    }
    at = body + rounded(size);
  }
  return { vmcoreInfos, pageTables };
}

function rounded(size: number): number {
  return Math.ceil(size / 4) * 4;
}
