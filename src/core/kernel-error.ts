import { InputError } from "../input-error.js";
import { Errno, type ErrnoName } from "../errno.js";

/**
 * Something that cannot be done in the guest's present state; `code` says what Linux would say.
 *
 * @example
 * ```js
 * import { Guest, KernelError } from "virtio-mem-engine";
 *
 * const { pages } = await Guest.create();
 * try {
 *   pages.free(0, 10); // not allocated
 * } catch (error) {
 *   console.log(error instanceof KernelError ? error.code : error); // EINVAL
 * }
 * ```
 */
export class KernelError extends Error {
  /** Name of the errno: `EBUSY`, `EINVAL` ... */
  readonly code: ErrnoName;

  /**
   * Made by this package; callers catch it.
   *
   * @param code - name of the errno.
   * @param doing - what was tried, for the message.
   */
  constructor(code: ErrnoName, doing: string) {
    super(`${doing}: ${code}`);
    this.name = "KernelError";
    this.code = code;
  }
}

/** The engine itself has no room for this guest in WebAssembly's 4 GiB. */
export class CapacityError extends InputError {
  /**
   * Made by this package; callers catch it.
   *
   * @param message - what did not fit.
   */
  constructor(message: string) {
    super(message);
    this.name = "CapacityError";
  }
}

/**
 * Throws for a negative result of the core. Callers test the sign themselves, so that the success
 * path never builds the message.
 */
export function fail(result: number, doing: string): never {
  const errno = -(result | 0);
  if (errno === Errno.ENOBUFS) {
    throw new CapacityError(`${doing}: WebAssembly has 4 GiB of memory and this guest needs more`);
  }
  for (const [name, number] of Object.entries(Errno)) {
    if (number === errno) throw new KernelError(name as ErrnoName, doing);
  }
  throw new Error(`${doing}: the core returned ${result}`);
}
