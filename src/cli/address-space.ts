import { readFileSync } from "node:fs";

import { formatCount, formatRoughSize } from "../units.js";
import { UsageError } from "./usage-error.js";

/** What Node and each further thread reserve; with less V8 ends the process. */
const MAIN_THREAD = 1.25 * 2 ** 30;
const EACH_THREAD = 0.75 * 2 ** 30;

/** Bytes that the process may reserve (`ulimit -v`); Infinity where nothing limits or says it. */
function addressSpace(): number {
  let limits = "";
  try {
    limits = readFileSync("/proc/self/limits", "utf8");
  } catch {
    // no Linux
  }
  const bytes = /^Max address space\s+(\d+)/m.exec(limits)?.[1];
  return bytes === undefined ? Infinity : Number(bytes);
}

/** @throws UsageError where so many threads would end the process with a dump of V8. */
export function assertRoomForThreads(nrThreads: number): void {
  const size = addressSpace();
  const least = MAIN_THREAD + nrThreads * EACH_THREAD;
  if (size >= least) return;
  throw new UsageError(
    `the address space (ulimit -v) must be at least ${formatRoughSize(least)} for this command ` +
      `on ${formatCount(nrThreads, "thread")}, got ${formatRoughSize(size)}`,
  );
}

/** What helps where memory is there and address space is not: V8 reserves 8 GiB for a guest. */
export function adviceOnAddressSpace(): string {
  const size = addressSpace();
  if (size === Infinity) return "";
  return `; ulimit -v is ${formatRoughSize(size)}: lift it, or run node --disable-wasm-trap-handler, which reserves less`;
}
