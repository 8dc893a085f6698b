import { shortened } from "../input-error.js";
import { formatCount } from "../units.js";
import { UsageError } from "./usage-error.js";

/**
 * A whole number of a flag; undefined where the flag is not there.
 *
 * @throws UsageError where it is something else, less than 1 or more than `most`.
 */
export function countFlag(
  text: string | undefined,
  flag: string,
  most: number,
): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= most) return number;
  throw new UsageError(
    `${flag} must be a whole number from 1 to ${formatCount(most)}, got ${shortened(text)}`,
  );
}
