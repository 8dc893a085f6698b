/** Errnos that cross the boundary or travel through the driver; the numbers are Linux's. */
export const Errno = {
  EINTR: 4,
  EAGAIN: 11,
  ENOMEM: 12,
  EBUSY: 16,
  EEXIST: 17,
  EINVAL: 22,
  ETXTBSY: 26,
  ENOSPC: 28,
  ENOBUFS: 105,
} as const;

/** Name of an errno. */
export type ErrnoName = keyof typeof Errno;
