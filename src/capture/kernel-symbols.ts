import { CaptureError, quoted } from "./capture-error.js";

/**
 * Symbols of which an exact capture says the address, besides those of VMCOREINFO. The ones of
 * which there is one per CPU are offsets into the area of each.
 */
export const KERNEL_SYMBOLS = [
  /** Where each CPU's area lies, added to the address of what there is one of per CPU. */
  "__per_cpu_offset",
  /** Highest CPU number and one. */
  "nr_cpu_ids",
  /** Batches of pages on their way to LRU lists, per CPU: up to 5.17, and since. */
  "lru_pvecs",
  "cpu_fbatches",
] as const;

/** Address by name; those that the kernel does not have are left out. */
export type KernelSymbols = ReadonlyMap<string, bigint>;

/**
 * Reads symbols as `/proc/kallsyms` has them: address, type and name a line, of which the type may
 * be missing. Of a name with two addresses the first one counts.
 *
 * @throws CaptureError if a line is none.
 */
export function parseKernelSymbols(text: string, file: string): KernelSymbols {
  const symbols = new Map<string, bigint>();
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const [, address, name = ""] = /^([\da-f]{1,16})(?: \S)? ([\w.$]+)$/.exec(line) ?? [];
    if (address === undefined) {
      const rule = `must be an address and a name, got ${quoted(line)}`;
      throw new CaptureError(file, `line ${index + 1}`, rule);
    }
    if (!symbols.has(name)) symbols.set(name, BigInt(`0x${address}`));
  }
  return symbols;
}

/** The text that {@link parseKernelSymbols} reads. */
export function formatKernelSymbols(symbols: KernelSymbols): string {
  return [...symbols]
    .map(([name, address]) => `${address.toString(16).padStart(16, "0")} ${name}\n`)
    .join("");
}
