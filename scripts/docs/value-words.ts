/** The value of a field of a profile as the tables of the documents show it. */
export function inWords(value: unknown): string {
  if (Array.isArray(value)) {
    return value.map((part) => (Array.isArray(part) ? part.join("+") : String(part))).join(", ");
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([key, part]) => `${key} ${String(part)}`)
      .join(", ");
  }
  return String(value);
}
