// The boundary. Only 32-bit numbers cross; arguments are checked in boundary/ and answered by errno, below only assert.
// A u32 result is the answer or, in its last 4095 values, a negative errno; an i32 result is 0 or more, or a negative errno.

export * from "./abi";
export * from "./boundary/setup";
export * from "./boundary/pages";
export * from "./boundary/ranges";
export * from "./boundary/hotplug";
export * from "./boundary/captures";
export * from "./boundary/looking";
export * from "./boundary/shrinking";
export * from "./boundary/bitmaps";
export * from "./boundary/journal";
export * from "./boundary/workloads";
export * from "./boundary/guest-workloads";
export { JOURNAL_DROPPED, JOURNAL_FAILED, JOURNAL_MOVED, JOURNAL_SPLIT } from "./journal";
export { NR_INVARIANTS } from "./validate";
export {
  STATE_KILLED,
  STATE_NEW,
  STATE_RUNNING,
  STATE_STOPPED,
  WORKLOAD_ANONYMOUS,
  WORKLOAD_BURSTS,
  WORKLOAD_COMPILE,
  WORKLOAD_FRAG,
  WORKLOAD_FUNCTIONS,
  WORKLOAD_KERNEL,
  WORKLOAD_PAGE_CACHE,
  WORKLOAD_PINS,
} from "./workload-table";
