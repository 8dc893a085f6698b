import { visibleText } from "./input-error.js";

/**
 * What a machine with too little memory throws, in words: `ulimit -v`, a small container, a tab of
 * a browser. Undefined for any other error.
 */
export function outOfMemory(error: unknown): string | undefined {
  if (!(error instanceof RangeError)) return undefined;
  if (!/WebAssembly\.Memory|[Oo]ut of memory|Array buffer allocation failed/.test(error.message)) {
    return undefined;
  }
  return `the machine must have memory for the guest's pages, got: ${visibleText(error.message)}`;
}
