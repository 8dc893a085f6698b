// The numbers that both sides of the boundary know, exported by the debug core, so that a test can
// compare them.

export * from "./abi";
export { LOAD_EXTENDED, LOAD_IN_DEVICE, LOAD_KEEP_CACHED } from "./capture/load";
export * from "./mm/layout";
export { JOURNAL_DROPPED, JOURNAL_FAILED, JOURNAL_MOVED, JOURNAL_SPLIT } from "./mm/journal";
export { NR_INVARIANTS } from "./inspect/validate";
export { STATE_KILLED, STATE_NEW, STATE_RUNNING, STATE_STOPPED } from "./workload/table";
/** Where static data ends. */
export const HEAP_BASE: usize = __heap_base;
