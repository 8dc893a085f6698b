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
  /** How free pages are linked on the kernel's lists; undefined where that is not known. */
  readonly links?: StructPageLinks | undefined;
}

/** What of a struct page says where on a free list the page is. */
export interface StructPageLinks {
  /** page.lru: next, then previous, 8 bytes each. */
  readonly lru: number;
  /** page.private, 8 bytes: the order of a free chunk, in its first page. */
  readonly order: number;
  /** What the first page of a free chunk has in place of the map count. */
  readonly freeType: number;
  /** Which of its bits count. */
  readonly freeMask: number;
  /** Virtual address of the struct page of pfn 0. */
  readonly base: bigint;
}

/** Where a struct page has what /proc/kpageflags shows. Offsets are in bytes from its beginning. */
export interface KernelFlagLayout {
  /** Bytes of a struct page. */
  readonly size: number;
  readonly flags: number;
  readonly refCount: number;
  /** page._mapcount, which is the type of pages that are not mapped. */
  readonly type: number;
  readonly mapping: number;
  /** page.private, of a free chunk its order. */
  readonly order: number;
  /** page.compound_head, since 7.1 compound_info: its lowest bit tells pages of a compound page. */
  readonly compound: number;
  /** How often a folio is mapped as a whole, less one, in a later page of it; 0: not known. */
  readonly wholeMapCount: number;
  /** How often all its pages together are mapped, less one; 0: the kernel does not count it. */
  readonly allMapCount: number;
  /** Bit of the second page's flags that tells a large folio; undefined: others tell it. */
  readonly largeBit: number | undefined;
  /** How a page of hugetlb is told: its type, a bit of its second page's flags, a byte there. */
  readonly huge:
    | { readonly by: "type" | "bit"; readonly value: number }
    | { readonly by: "byte"; readonly value: number; readonly at: number }
    | undefined;
  /** Which bits of the type's field are the type. */
  readonly typeMask: number;
  readonly buddyType: number;
  readonly offlineType: number;
  readonly tableType: number;
  /** 0: a bit of the flags tells slab. */
  readonly slabType: number;
  /** All pages of a folio show the flags of the first one. */
  readonly tailsShowFolio: boolean;
  /** Which bit of kpageflags each of the lower 32 bits of page.flags is. */
  readonly shown: readonly (number | undefined)[];
}
