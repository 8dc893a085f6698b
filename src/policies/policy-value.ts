import { parseDuration, parseSize } from "../units.js";
import { PolicyError } from "./policy-error.js";

/** Milliseconds, at least 1. */
export function durationValue(policy: string, text: string): number {
  const ms = asPolicyError(() => parseDuration(text, `value of policy ${policy}`));
  if (ms < 1) throw new PolicyError(`value of policy ${policy} must be at least 1ms, got ${text}`);
  return ms;
}

/** Bytes. */
export function sizeValue(policy: string, text: string): number {
  return asPolicyError(() => parseSize(text, `value of policy ${policy}`));
}

export function wholeValue(policy: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new PolicyError(
      `value of policy ${policy} must be a whole number from ${least} to ${most}, got ${text}`,
    );
  }
  return value;
}

function asPolicyError<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RangeError) throw new PolicyError(error.message, { cause: error });
    throw error;
  }
}
