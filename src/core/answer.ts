import { MAX_ERRNO } from "./abi.js";
import { fail } from "./kernel-error.js";

// What the core answers: a number, or in its last 4095 values a negative errno.

/** Is an unsigned answer an errno? */
export function isErrno(result: number): boolean {
  return result > 0xffffffff - MAX_ERRNO;
}

/** Throws where a signed answer is an errno. `doing` is for the message. */
export function check(result: number, doing: string): number {
  if (result < 0) fail(result, doing);
  return result;
}

/** An unsigned answer; throws where it is an errno. */
export function count(result: number, what: string): number {
  const value = result >>> 0;
  if (isErrno(value)) fail(value, `look up ${what}`);
  return value;
}
