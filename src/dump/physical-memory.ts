/** The physical memory of a guest as a dump has it, whatever its format. */
export interface PhysicalMemory {
  /** For messages. */
  readonly name: string;
  /** Addresses that the dump may have, ascending, in bytes, end exclusive. */
  readonly ranges: Iterable<MemoryRange>;
  /** What the dump says besides. */
  readonly hints: DumpHints;
  /**
   * The bytes from `address` on.
   *
   * @throws CaptureError where the dump has not all of them, or they are damaged.
   */
  read(address: number, length: number): Promise<Uint8Array>;
}

/** A range of guest physical addresses, in bytes. */
export interface MemoryRange {
  /** The first address. */
  readonly start: number;
  /** The address behind the last one. */
  readonly end: number;
}

/** What the container of a dump says of the kernel in it; all of it may be absent. */
export interface DumpHints {
  /** Texts of its notes VMCOREINFO. */
  readonly vmcoreInfos: readonly string[];
  /** Physical addresses of page tables that CPUs used. */
  readonly pageTables: readonly number[];
  /** What is to be said of the dump, in words. */
  readonly notes?: readonly string[];
}
