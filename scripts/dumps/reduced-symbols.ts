import type { SymbolTables } from "../../src/dump/kallsyms.js";
import type { KernelReader } from "../../src/capture/kernel-reader.js";

/** The search of tables in a kernel that does not name them wants as many. */
const LEAST = 300;

/**
 * Tables of symbols with those that are wanted and the first few, as changes of memory: in the
 * place of the old ones, but for those that precede the tokens without a gap.
 *
 * @param moved - by how much the address of a symbol changes.
 */
export async function reducedSymbols(
  reader: KernelReader,
  tables: SymbolTables,
  wanted: ReadonlySet<string>,
  moved: Readonly<Record<string, number>>,
): Promise<{ address: bigint; bytes: Uint8Array }[]> {
  const count = await reader.u32(tables.count);
  const offsets = await reader.view(tables.offsets, count * 4);
  const tokens: string[] = [];
  const index = await reader.view(tables.tokenIndex, 512);
  for (let token = 0; token < 256; token++) {
    tokens.push(await reader.text(tables.tokens + BigInt(index.getUint16(token * 2, true))));
  }
  const names: Uint8Array[] = [];
  const kept: number[] = [];
  let at = tables.names;
  let piece = await reader.memory.read(at, 2 ** 20);
  let from = 0;
  for (let place = 0; place < count; place++) {
    if (from + 1024 > piece.length) {
      at += BigInt(from);
      piece = await reader.memory.read(at, 2 ** 16);
      from = 0;
    }
    const first = piece[from] ?? 0;
    const head = first & 0x80 ? 2 : 1;
    const length = first & 0x80 ? (first & 0x7f) | ((piece[from + 1] ?? 0) << 7) : first;
    const entry = piece.slice(from, from + head + length);
    from += entry.length;
    const name = [...entry.subarray(head)]
      .map((token) => tokens[token])
      .join("")
      .slice(1);
    if (!wanted.has(name) && names.length >= LEAST) continue;
    let offset = offsets.getInt32(place * 4, true);
    const delta = moved[name] ?? 0;
    if (delta !== 0) offset += tables.relativeBase !== undefined && offset < 0 ? -delta : delta;
    // what is relative to its own place moves with it
    if (tables.relativeBase === undefined) offset += (place - names.length) * 4;
    kept.push(offset);
    names.push(entry);
  }
  const number = new Uint8Array(new Uint32Array([names.length, 0]).buffer);
  const text = Buffer.concat(names);
  const numbers = new Uint8Array(new Int32Array(kept).buffer);
  const isSaid = tables.names !== tables.count + 8n || tables.relativeBase === undefined;
  if (isSaid || tables.offsets !== tables.count - 8n - BigInt(Math.ceil(count / 2) * 8)) {
    return [
      { address: tables.count, bytes: number.subarray(0, 4) },
      { address: tables.names, bytes: text },
      { address: tables.offsets, bytes: numbers },
    ];
  }
  const base = await reader.memory.read(tables.relativeBase, 8);
  const marks = new Uint8Array(Math.ceil(Math.ceil(names.length / 256) / 2) * 8);
  const marksAt = tables.tokens - BigInt(marks.length);
  const namesAt = ((marksAt - BigInt(text.length)) / 8n) * 8n;
  const offsetsAt = namesAt - 16n - BigInt(Math.ceil(names.length / 2) * 8);
  const gap = new Uint8Array(Number(marksAt - namesAt) - text.length);
  return [
    { address: offsetsAt, bytes: numbers },
    { address: namesAt - 16n, bytes: base },
    { address: namesAt - 8n, bytes: number },
    { address: namesAt, bytes: Buffer.concat([text, gap, marks]) },
    // the kernel may say where they are; then they are also there
    { address: tables.count, bytes: number },
    { address: tables.names, bytes: text },
    { address: tables.offsets, bytes: numbers },
  ];
}
