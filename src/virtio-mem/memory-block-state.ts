/** State of one Linux memory block of the device, as the driver tracks it (driver.md section 3). */
export type MemoryBlockState =
  | "unused" // unplugged, unknown to Linux
  | "plugged" // adding it failed and so did unplugging it again; the next run retries
  | "offline"
  | "offline-partial"
  | "kernel"
  | "kernel-partial"
  | "movable"
  | "movable-partial";
