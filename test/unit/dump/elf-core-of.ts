/** A page of a guest: its physical address and its 4,096 bytes. */
export type Page = readonly [address: number, bytes: Uint8Array];

const PAGE = 4096;
const HEADER = 64;
const PROGRAM_HEADER = 56;

/**
 * An ELF core of x86-64 with these pages, in address order.
 *
 * @param note - text of a note VMCOREINFO; undefined: there is none.
 */
export function elfCoreOf(pages: readonly Page[], note: string | undefined): Uint8Array {
  const runs: { address: number; parts: Uint8Array[] }[] = [];
  for (const [address, bytes] of pages) {
    const last = runs.at(-1);
    if (last !== undefined && last.address + last.parts.length * PAGE === address) {
      last.parts.push(bytes);
    } else {
      runs.push({ address, parts: [bytes] });
    }
  }
  const notes = note === undefined ? new Uint8Array(0) : noteOf("VMCOREINFO", note);
  const count = runs.length + 1;
  const notesAt = HEADER + count * PROGRAM_HEADER;
  let at = Math.ceil((notesAt + notes.length) / PAGE) * PAGE;
  const bytes = new Uint8Array(at + pages.length * PAGE);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 4, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(32, BigInt(HEADER), true);
  view.setUint16(52, HEADER, true);
  view.setUint16(54, PROGRAM_HEADER, true);
  view.setUint16(56, count, true);
  const put = (index: number, type: number, position: number, address: number, size: number) => {
    const header = HEADER + index * PROGRAM_HEADER;
    view.setUint32(header, type, true);
    view.setBigUint64(header + 8, BigInt(position), true);
    view.setBigUint64(header + 24, BigInt(address), true);
    view.setBigUint64(header + 32, BigInt(size), true);
    view.setBigUint64(header + 40, BigInt(size), true);
  };
  put(0, 4, notesAt, 0, notes.length);
  bytes.set(notes, notesAt);
  for (const [index, { address, parts }] of runs.entries()) {
    put(index + 1, 1, at, address, parts.length * PAGE);
    for (const part of parts) {
      bytes.set(part, at);
      at += PAGE;
    }
  }
  return bytes;
}

/** A note of ELF, name and content rounded up to words. */
export function noteOf(name: string, content: string): Uint8Array {
  const [nameBytes, body] = [`${name}\0`, content].map((text) => new TextEncoder().encode(text));
  const nameSize = nameBytes?.length ?? 0;
  const size = body?.length ?? 0;
  const bodyAt = 12 + Math.ceil(nameSize / 4) * 4;
  const bytes = new Uint8Array(bodyAt + Math.ceil(size / 4) * 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, nameSize, true);
  view.setUint32(4, size, true);
  bytes.set(nameBytes ?? [], 12);
  bytes.set(body ?? [], bodyAt);
  return bytes;
}
