import { optionError, shortened } from "./input-error.js";

/** Bytes of a page of the guests that are modelled (x86-64). */
export const PAGE_SIZE = 4096;
export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;
export const TiB = 1024 * GiB;
export const NS_PER_MS = 1_000_000;

/** Whole virtual nanoseconds, as the clock counts, of milliseconds. */
export function nsOf(ms: number): number {
  return Math.round(ms * NS_PER_MS);
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/**
 * Bytes in words: the largest unit that says them exactly with at most two decimals, so
 * `1610612736` is `1.5 GiB`, `2013265920` is `1920 MiB` and `2097153` is `2097153 B`.
 *
 * Never rounds. Any number is accepted, because messages show bad input with it too.
 *
 * @param bytes - Any number; negative ones keep their sign.
 *
 * @example
 * ```js
 * import { formatSize } from "virtio-mem-engine";
 *
 * console.log(formatSize(1610612736)); // 1.5 GiB
 * console.log(formatSize(2097153)); // 2097153 B
 * ```
 */
export function formatSize(bytes: number): string {
  for (let i = UNITS.length - 1; i > 0; i--) {
    const inUnit = bytes / 1024 ** i;
    // A power of two divides without rounding; a quarter is the finest that two decimals can hold.
    if (Math.abs(inUnit) >= 1 && Number.isInteger(inUnit * 4)) return `${inUnit} ${UNITS[i]}`;
  }
  return `${bytes} B`;
}

/**
 * Bytes in words for reading, not for reckoning: like {@link formatSize} where that takes at most
 * four digits, else rounded to four (`16.78 TiB`).
 */
export function formatRoughSize(bytes: number): string {
  const exact = formatSize(bytes);
  if (!Number.isFinite(bytes) || exact.replace(/\D/g, "").length <= 4) return exact;
  let i = 0;
  let inUnit = bytes;
  while (Math.abs(inUnit) >= 1024 && i < UNITS.length - 1) {
    inUnit /= 1024;
    i++;
  }
  return `${Number(inUnit.toPrecision(4))} ${UNITS[i]}`;
}

const SIZE = /^(\d{1,30})(?:\.(\d{1,30}))?\s*(?:([kmgtpe])(?:ib?)?|b)?$/i;
const UNIT_LETTERS = "kmgtpe";

/**
 * Bytes of a size that a person wrote: a number with `K`, `M`, `G`, `T`, `P` or `E`, each also with
 * `i` or `iB`, in either case, all powers of 1024, as in QEMU; no unit means bytes. Fractions are
 * rounded to whole bytes:
 * `1.5TiB`, `1Gi`, `300M`, `2097152`, `0`.
 *
 * @param name - what the message calls it.
 * @param text - The size; spaces around it are ignored.
 * @throws RangeError for anything else, and for more than 2^53 - 1 bytes.
 *
 * @example
 * ```js
 * import { parseSize } from "virtio-mem-engine";
 *
 * console.log(parseSize("1.5GiB")); // 1610612736
 * console.log(parseSize("300M")); // 314572800
 * ```
 */
export function parseSize(text: string, name = "size"): number {
  const trimmed = text.trim();
  const match = SIZE.exec(trimmed);
  if (!match) rejectSize(trimmed, name);
  const [, whole = "", fraction = "", letter = ""] = match;
  const power = letter === "" ? 0 : UNIT_LETTERS.indexOf(letter.toLowerCase()) + 1;
  const scaled = BigInt(whole + fraction) * 1024n ** BigInt(power);
  const divisor = 10n ** BigInt(fraction.length);
  if (power === 0 && scaled % divisor !== 0n) {
    throw optionError(`${name} must be a whole number of bytes, got ${trimmed}`);
  }
  const bytes = (2n * scaled + divisor) / (2n * divisor);
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw optionError(`${name} must be less than 8 PiB, got ${shortened(trimmed)}`);
  }
  return Number(bytes);
}

/**
 * An address as pictures, iomem and QEMU write it (`0x140000000`), or as {@link parseSize} reads it
 * (`5GiB`).
 *
 * @throws RangeError that names `name` for anything else, and for 2^53 and more.
 */
export function parseAddress(text: string, name = "address"): number {
  const trimmed = text.trim();
  if (!/^0x/i.test(trimmed)) return parseSize(trimmed, name);
  const value = /^0x[\da-f]{1,16}$/i.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw optionError(
    `${name} must be an address such as 0x140000000 or 5GiB, got ${shortened(trimmed)}`,
  );
}

function rejectSize(text: string, name: string): never {
  if (/^-\s*\d/.test(text)) throw optionError(`${name} must be at least 0, got ${shortened(text)}`);
  const unit = /^\d+(?:\.\d+)?\s*([a-z]+)$/i.exec(text)?.[1];
  if (unit !== undefined) {
    throw optionError(`${name} must be in B, KiB, MiB, GiB or TiB, got unit "${shortened(unit)}"`);
  }
  throw optionError(
    `${name} must be a number with a unit, such as 512MiB, got "${shortened(text)}"`,
  );
}

/**
 * A whole number with commas between thousands: `1,048,576`; with a noun, which gets an `s` unless
 * it is one: `1 request`, `12 requests`.
 */
export function formatCount(count: number, noun?: string): string {
  const digits = String(count).replace(/\B(?=(\d{3})+$)/g, ",");
  if (noun === undefined) return digits;
  return `${digits} ${noun}${count === 1 ? "" : "s"}`;
}

/** Milliseconds in words, two units at most: `0.25 ms`, `4.1 s`, `2 min 30 s`, `1 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Number(ms.toPrecision(ms < 100 ? 2 : 3))} ms`;
  if (ms < 59_950) return `${Number((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return twoUnits(seconds, 60, "min", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return twoUnits(minutes, 60, "h", "min");
  return twoUnits(Math.round(minutes / 60), 24, "d", "h");
}

function twoUnits(small: number, perLarge: number, large: string, unit: string): string {
  const rest = small % perLarge;
  const head = `${Math.floor(small / perLarge)} ${large}`;
  return rest === 0 ? head : `${head} ${rest} ${unit}`;
}

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
/** Longer texts are no times; bounds what matching them takes. */
const MAX_DURATION_TEXT = 40;

/**
 * Milliseconds of a time such as `300ms`, `90s`, `10min`, `2h`, `17h30min`, `1d`.
 *
 * @throws RangeError that names `name` where the text is no such time, or longer than 100 days.
 */
export function parseDuration(text: string, name = "time"): number {
  const trimmed = text.trim().slice(0, MAX_DURATION_TEXT);
  const isTime = /^(\d+(\.\d+)?\s*(ms|s|min|h|d)\s*)+$/.test(trimmed);
  let ms = isTime ? 0 : Number.NaN;
  for (const [, number = "", unit = ""] of trimmed.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)/g)) {
    ms += Number(number) * (MS_PER_UNIT[unit] ?? Number.NaN);
  }
  if (!(ms <= 100 * 24 * 3_600_000)) {
    throw optionError(
      `${name} must be a time such as 300ms, 90s, 10min, 2h or 17h30min, at most 100 days, got ${shortened(text)}`,
    );
  }
  return ms;
}
