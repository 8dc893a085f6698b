import { formatDuration, formatSize, nsOf, PAGE_SIZE } from "../../units.js";
import type { Fields } from "../file/fields.js";
import { described, SHARE, TIME, type JsonSchema } from "../file/schema-parts.js";
import type { WorkloadLimits } from "./kind.js";

// What several kinds of workloads read from a file, and hand to the core.

const MAX_U32 = 0xffffffff;
/**
 * The longest time that the core counts in a u32 of milliseconds, with room for a random half more.
 */
export const LONGEST_MS = 2 ** 30 - 1;
/** The same where it counts microseconds, for what happens more often. */
export const LONGEST_PERIOD_MS = (2 ** 30 - 1) / 1000;

export const SECOND = 1000;

export const ORDER_SCHEMA: JsonSchema = described(
  { type: "integer", minimum: 0, maximum: 3 },
  "Each allocation is of 2^order pages. Default: 0.",
);
export const DROPS_SCHEMA: JsonSchema = described(
  { type: "array", items: TIME, maxItems: 1000 },
  "Times at which somebody drops the page cache.",
);
export const DROP_CACHE_SCHEMA: JsonSchema = described(
  { type: "boolean" },
  "Whether what it has left in the page cache is dropped when it stops. Default: false.",
);
export const THP_SHARE_SCHEMA: JsonSchema = described(
  SHARE,
  "Share of its memory that asks for huge pages. Default: 0.",
);

export function countSchema(most: number, description: string): JsonSchema {
  return described({ type: "integer", minimum: 1, maximum: most }, description);
}

/** A time from `least` to `most` milliseconds. */
export function within(
  fields: Fields,
  key: string,
  byDefault: number,
  [least, most]: readonly [least: number, most: number],
): number {
  const ms = fields.time(key, byDefault);
  if (ms >= least && ms <= most) return ms;
  const [low, high, got] = [least, most, ms].map(formatDuration);
  return fields.reject(key, `must be from ${low ?? ""} to ${high ?? ""}, got ${got ?? ""}`);
}

/** Bytes, at most what the guest can ever have: more is a slip; it would only be killed. */
export function memory(
  fields: Fields,
  key: string,
  { capacity }: WorkloadLimits,
  byDefault = 0,
): number {
  const bytes = fields.size(key, byDefault);
  if (bytes > capacity) {
    fields.reject(
      key,
      `must be at most what the guest can have (${formatSize(capacity)}), got ${formatSize(bytes)}`,
    );
  }
  return atLeastAPage(fields, key, bytes);
}

export function atLeastAPage(fields: Fields, key: string, byDefault: number): number {
  const bytes = fields.size(key, byDefault);
  if (bytes < PAGE_SIZE) fields.reject(key, `must be at least 4 KiB, got ${formatSize(bytes)}`);
  return bytes;
}

/** Pages that hold so many bytes; a u32 holds more than a guest can have. */
export function pages(bytes: number): number {
  return Math.min(MAX_U32, Math.ceil(bytes / PAGE_SIZE));
}

/** Whole milliseconds, at least one. */
export function milliseconds(ms: number): number {
  return Math.max(1, Math.round(ms));
}

/** Whole microseconds, at least one. */
export function microseconds(ms: number): number {
  return Math.max(1, Math.round(nsOf(ms) / 1000));
}

export function perMille(share: number): number {
  return Math.round(share * 1000);
}
