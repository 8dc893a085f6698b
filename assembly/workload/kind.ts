// What a kind of workload is: its number and one function, which answers these questions about a
// workload of that kind. A kind has a file of its own, and a line in kinds.ts.
//
// The file exports, beside the function, its number WORKLOAD_* and its settings: u32 that
// src/scenario/workload/ has by the same names.

/**
 * Are the settings such that it can start? What sizes its page sets must not change once it has.
 */
export const FITS: u32 = 0;
/** Makes its page sets, before its first start. `false`: linear memory is exhausted. */
export const OPEN: u32 = 1;
/** It starts, perhaps again: forgets what was before. */
export const START: u32 = 2;
/** Works for the time that has passed. */
export const STEP: u32 = 3;
/** The clean pages of files that it has left in the page cache are dropped. */
export const DROP_CACHES: u32 = 4;
/** May setting 0, how much it wants or how fast it is, change after its first start? */
export const IS_ADJUSTABLE: u32 = 5;
/** Is there no such kind? Asked of no workload; kinds.ts answers. */
export const IS_UNKNOWN: u32 = 6;
