/**
 * Memory that can be given back at a price: slabs without objects, reclaimable slab, clean pages of
 * files.
 */
export type ShrinkableCache = "empty-slabs" | "slab" | "file-cache";
