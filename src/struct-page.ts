/** Where the fields of a struct page lie, in bytes from its beginning. */
export interface StructPageLayout {
  /** Bytes of a struct page, a power of two. */
  readonly size: number;
  /** page.flags, 8 bytes. */
  readonly flags: number;
  /** page._refcount, 4 bytes. */
  readonly refCount: number;
  /** page._mapcount, 4 bytes: one less than how often the page is mapped. */
  readonly mapCount: number;
  /** page.mapping, 8 bytes. */
  readonly mapping: number;
  /**
   * How often a folio is mapped as a whole, less one: 4 bytes, from the beginning of its first
   * struct page on, in a later one. Undefined where it is not known.
   */
  readonly wholeMapCount: number | undefined;
  /** Bit of the flags that means PG_lru. */
  readonly lruBit: number;
  /** Bit of the flags that means PG_head. */
  readonly headBit: number;
}
