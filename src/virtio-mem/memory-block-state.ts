/**
 * State of one Linux memory block of the device, as the driver tracks it (docs/spec/driver.md,
 * "Memory block states").
 */
export type MemoryBlockState =
  | "unused" // unplugged, unknown to Linux
  | "plugged" // adding it failed and so did unplugging it again; the next run retries
  | "offline"
  | "offline-partial"
  | "kernel"
  | "kernel-partial"
  | "movable"
  | "movable-partial";
