import { formatSize } from "../units.js";
import { optionError, shown } from "../input-error.js";

/** Throws unless `size` is a whole number of bytes, not negative and a multiple of `step`. */
export function assertMultiple(name: string, size: number, step: number): void {
  assertBytes(name, size);
  if (size % step !== 0) {
    throw optionError(`${name} must be a multiple of ${formatSize(step)}, got ${formatSize(size)}`);
  }
}

/** Throws unless `size` is a power of two of at least `minimum` bytes. */
export function assertPowerOfTwo(name: string, size: number, minimum: number): void {
  assertBytes(name, size);
  if (!isPowerOfTwo(size) || size < minimum) {
    throw optionError(
      `${name} must be a power of two of at least ${formatSize(minimum)}, got ${formatSize(size)}`,
    );
  }
}

export function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}

function assertBytes(name: string, size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw optionError(`${name} must be a whole number of bytes >= 0, got ${shown(size)}`);
  }
}
