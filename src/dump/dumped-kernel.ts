import { Btf } from "../capture/btf.js";
import { CaptureError } from "../capture/capture-error.js";
import type { VmcoreInfo } from "../capture/vmcoreinfo.js";
import type { FoundKernel, UtsName } from "./find-kernel.js";
import { findTables, readSymbols, tablesOf } from "./kallsyms.js";
import { KernelReader } from "../capture/kernel-reader.js";
import type { KernelSpace } from "./kernel-space.js";

const MAX_TYPES_SIZE = 2 ** 26;

/** What can be asked of a kernel in a dump: its note, its symbols, its types, its memory. */
export interface DumpedKernel {
  readonly name: string;
  readonly info: VmcoreInfo;
  readonly infoText: string;
  readonly uts: UtsName;
  readonly space: KernelSpace;
  readonly reader: KernelReader;
  readonly symbols: ReadonlyMap<string, bigint>;
  readonly types: Btf;
  readonly typeBytes: Uint8Array;
}

/**
 * Reads the symbols and types of a kernel.
 *
 * @param wanted - symbols that will be asked for.
 * @throws CaptureError where it has none.
 */
export async function openKernel(
  found: FoundKernel,
  wanted: readonly string[],
): Promise<DumpedKernel> {
  const reader = new KernelReader(found.space);
  const symbols = await symbolsOf(found, reader, new Set([...wanted, "__start_BTF", "__stop_BTF"]));
  const typeBytes = await typeBytesOf(reader, symbols);
  return {
    name: found.space.name,
    info: found.info,
    infoText: found.infoText,
    uts: found.uts,
    space: found.space,
    reader,
    symbols,
    types: Btf.parse(typeBytes, "types of the kernel (BTF)"),
    typeBytes,
  };
}

async function symbolsOf(
  { info, space }: FoundKernel,
  reader: KernelReader,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, bigint>> {
  const start = info.symbol("_stext");
  const address = info.symbol("init_uts_ns");
  const tables =
    tablesOf(info) ?? (start === undefined ? undefined : await findTables(reader, start));
  if (tables === undefined || address === undefined) {
    const rule = "must be in the dump, got none: is the kernel built with CONFIG_KALLSYMS?";
    throw new CaptureError(space.name, "symbols of the kernel", rule);
  }
  return readSymbols(reader, tables, wanted, { name: "init_uts_ns", address });
}

async function typeBytesOf(
  reader: KernelReader,
  symbols: ReadonlyMap<string, bigint>,
): Promise<Uint8Array> {
  const [start, end] = [symbols.get("__start_BTF"), symbols.get("__stop_BTF")];
  if (start === undefined || end === undefined) {
    const rule =
      "must be in the dump, got none: the kernel must be built with CONFIG_DEBUG_INFO_BTF";
    throw new CaptureError("types of the kernel (BTF)", "", rule);
  }
  const size = Number(end - start);
  if (size <= 0 || size > MAX_TYPES_SIZE) {
    const rule = `must be up to 64 MiB, got ${size} bytes`;
    throw new CaptureError("types of the kernel (BTF)", "length", rule);
  }
  return reader.memory.read(start, size);
}

/** Address of a symbol. @throws CaptureError where the kernel has it not. */
export function symbolOf({ symbols, name }: DumpedKernel, symbol: string): bigint {
  const address = symbols.get(symbol);
  if (address !== undefined) return address;
  throw new CaptureError(name, `symbol ${symbol}`, "must be in the kernel, got none");
}

/** Where a member begins. @throws CaptureError where the kernel has it not. */
export function offsetOf({ types }: DumpedKernel, struct: string, member: string): bigint {
  const offset = types.memberOffset(struct, member);
  if (offset !== undefined) return BigInt(offset);
  const what = `${struct}.${member}`;
  throw new CaptureError("types of the kernel (BTF)", what, "must be there, got no such member");
}

/** Bytes of a struct. @throws CaptureError where the kernel has it not. */
export function sizeOf({ types }: DumpedKernel, struct: string): number {
  const size = types.sizeOf(struct);
  if (size !== undefined) return size;
  throw new CaptureError("types of the kernel (BTF)", struct, "must be there, got no such struct");
}

/** A constant of an enum. @throws CaptureError where the kernel has it not. */
export function constantOf({ types }: DumpedKernel, constant: string): number {
  const value = types.constant(constant);
  if (value !== undefined) return value;
  throw new CaptureError(
    "types of the kernel (BTF)",
    constant,
    "must be there, got no such constant",
  );
}
