const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MAY_HAVE_MANY_DIGITS = /\d{16}/;
const MANY_DIGITS = /^-?\d{16,}$/;

/**
 * Parses JSON whose whole numbers may have 64 bits: those of 16 digits and more arrive as strings
 * of digits, because a double would round them.
 *
 * @throws SyntaxError if `text` is no JSON.
 */
export function parseLossless(text: string): unknown {
  if (!MAY_HAVE_MANY_DIGITS.test(text)) return JSON.parse(text);
  return JSON.parse(
    text.replace(TOKEN, (token) => (MANY_DIGITS.test(token) ? `"${token}"` : token)),
  );
}

/** A whole number that {@link parseLossless} gave, hexadecimal strings included; else undefined. */
export function wholeNumber(value: unknown): bigint | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : undefined;
  if (typeof value !== "string") return undefined;
  return /^(?:-?\d+|0x[0-9a-f]+)$/i.test(value) ? BigInt(value) : undefined;
}
