// The boundary. Only 32-bit numbers cross; arguments are checked in boundary/ and answered by errno, below only assert.
// A u32 result is the answer or, in its last 4095 values, a negative errno; an i32 result is 0 or more, or a negative errno.

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
