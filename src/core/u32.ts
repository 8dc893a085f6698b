/** A number that crosses to the core as it is: the core takes all others modulo 2^32. */
export function isU32(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value === value >>> 0;
}
