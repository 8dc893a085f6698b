import { PAGE_SIZE } from "../units.js";
import { CaptureError, quoted } from "./capture-error.js";
import type { StructPageRun } from "./capture.js";

/** The kernel places the array of all struct pages at random, at a multiple of this (KASLR). */
const MEMMAP_ALIGNMENT = 2n ** 30n;
/** Physical addresses of x86-64 have up to 52 bits. */
const END_PFN = 2n ** 40n;

/**
 * Reads which struct pages were captured: address and bytes in hexadecimal a line, ascending, in
 * the order in which they follow each other in the file.
 *
 * @param structSize - bytes of a struct page.
 * @param base - where the struct page of pfn 0 lies; undefined where the kernel does not say it:
 *   just below the first one captured then, which is of low memory.
 * @throws CaptureError if they are no pages full of struct pages, or not in order.
 */
export function parseStructPageRuns(
  text: string,
  file: string,
  structSize: number,
  base: bigint | undefined,
): StructPageRun[] {
  const runs: StructPageRun[] = [];
  let first = base;
  let end = 0;
  for (const [index, line] of text.trim().split("\n").entries()) {
    const [, start = "", bytes = ""] = /^([\da-f]{16}) ([\da-f]{1,16})$/.exec(line) ?? [];
    const reject = (rule: string): never => {
      throw new CaptureError(file, `line ${index + 1}`, `${rule}, got ${quoted(line)}`);
    };
    if (start === "") reject("must be an address and a size");
    const address = BigInt(`0x${start}`);
    const size = BigInt(`0x${bytes}`);
    first ??= memmapBelow(address);
    const startPfn = (address - first) / BigInt(structSize);
    const nrPages = size / BigInt(structSize);
    const isWhole = (address - first) % BigInt(PAGE_SIZE) === 0n && size % BigInt(PAGE_SIZE) === 0n;
    if (!isWhole || size === 0n) reject("must be whole pages of struct pages");
    if (startPfn < end || startPfn + nrPages > END_PFN) {
      reject(`must be struct pages of pages from pfn ${end} on`);
    }
    runs.push({ startPfn: Number(startPfn), nrPages: Number(nrPages) });
    end = Number(startPfn + nrPages);
  }
  return runs;
}

/** Where the struct page of pfn 0 lies, by an address among those of low memory. */
export function memmapBelow(address: bigint): bigint {
  return address - (address % MEMMAP_ALIGNMENT);
}
