/**
 * The name of a result: a hash of all that it follows from. Equal keys mean equal results,
 * whichever machine made them.
 *
 * @param from - Anything that JSON can say, always with its fields in the same order.
 */
export async function sweepKey(from: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(from));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
