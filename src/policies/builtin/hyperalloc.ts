/** Of the memory that is free in huge pages, what the host counts on. */
const TRUSTED_SHARE = 0.9;

/**
 * What the script asks for that resized virtio-mem guests in the HyperAlloc paper (EuroSys'25,
 * vm_resize.py): below half a step of free huge pages it grows by two steps, below a step by one,
 * above two it shrinks by one.
 *
 * @param freeHugeSize - bytes of the guest's free memory in chunks of 2 MiB and more.
 * @returns bytes; the same where nothing changes, and possibly less than 0.
 */
export function hyperAllocRequest(
  requestedSize: number,
  freeHugeSize: number,
  step: number,
): number {
  const free = TRUSTED_SHARE * freeHugeSize;
  if (free < step / 2) return requestedSize + 2 * step;
  if (free < step) return requestedSize + step;
  return free > 2 * step ? requestedSize - step : requestedSize;
}
