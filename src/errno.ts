/** Errnos that cross the boundary or travel through the driver; the numbers are Linux's. */
export const Errno = {
  /** A fatal signal is pending for the caller. */
  EINTR: 4,
  /** Could not be done now; another attempt may succeed. */
  EAGAIN: 11,
  /** No memory: for the memmap of added memory, or to migrate pages to. */
  ENOMEM: 12,
  /** A page cannot be isolated or migrated, or a driver vetoed. */
  EBUSY: 16,
  /** The memory block exists already. */
  EEXIST: 17,
  /** The range or argument is not allowed in this state. */
  EINVAL: 22,
  /** The device is busy; drivers that tell this from {@link EBUSY} retry. */
  ETXTBSY: 26,
  /** Nothing left to plug or unplug. */
  ENOSPC: 28,
  /** The engine is out of WebAssembly memory; no answer of Linux. */
  ENOBUFS: 105,
} as const;

/** Name of an errno. */
export type ErrnoName = keyof typeof Errno;
