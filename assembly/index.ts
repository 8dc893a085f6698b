// The boundary. Only 32-bit numbers cross; arguments are checked in exports/ and answered by errno,
// below only assert. A u32 result is the answer or, in its last 4095 values, a negative errno; an
// i32 result is 0 or more, or a negative errno.

export * from "./exports/setup";
export * from "./exports/pages";
export * from "./exports/contig";
export * from "./exports/hotplug";
export * from "./exports/load";
export * from "./exports/queries";
export * from "./exports/look";
export * from "./exports/shrink";
export * from "./exports/bitmaps";
export * from "./exports/journal";
export * from "./exports/workloads";
