import { CaptureError, quoted } from "./capture-error.js";

/**
 * Reads a decimal number that must be whole, not negative and below 2^53.
 *
 * @throws CaptureError if `text` is anything else, an empty text included.
 */
export function decimalNumber(text: string, file: string, field: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) reject(text, file, field, "a whole number from 0 to 2^53");
  return value;
}

/** As {@link decimalNumber}, for hexadecimal digits with or without `0x`. */
export function hexNumber(text: string, file: string, field: string): number {
  const value = /^(0x)?[\da-f]+$/i.test(text) ? Number.parseInt(text, 16) : Number.NaN;
  if (!Number.isSafeInteger(value)) {
    reject(text, file, field, "a hexadecimal number from 0 to 2^53");
  }
  return value;
}

function reject(text: string, file: string, field: string, rule: string): never {
  throw new CaptureError(file, field, `must be ${rule}, got ${quoted(text)}`);
}

/** Checks a number from JSON: whole, not negative, below 2^53. */
export function jsonNumber(value: unknown, file: string, field: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    const found = value === undefined ? "nothing" : quoted(JSON.stringify(value));
    throw new CaptureError(file, field, `must be a whole number from 0 to 2^53, got ${found}`);
  }
  return value;
}

export function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}

/** An address as iomem and the driver's log write it. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
