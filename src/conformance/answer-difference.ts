import type { Answered } from "./request-line.js";

const COMPARED = ["resp", "state", "result", "hex", "cfg"] as const;

/** The first field that a device answers otherwise than expected; undefined where there is none. */
export function answerDifference(
  expected: Readonly<Record<string, unknown>>,
  answered: Answered,
): { field: string; expected: string; got: string } | undefined {
  for (const field of COMPARED) {
    const wanted = inText(expected[field]);
    const got = inText(answered[field]);
    if (wanted !== got) return { field, expected: wanted, got };
  }
  return undefined;
}

/** A field as text; the order of the keys of an object does not count. */
function inText(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  return entries
    .map(([key, size]) => `${key} ${String(size)}`)
    .sort()
    .join(", ");
}

/** All that is expected of a line. */
export function expectedAnswer(line: Readonly<Record<string, unknown>>): string {
  const parts = COMPARED.filter((field) => line[field] !== undefined);
  return parts.map((field) => `${field} ${inText(line[field])}`).join("; ") || "an answer";
}

/** A line without what is expected of it. */
export function describeRequest(line: Readonly<Record<string, unknown>>): string {
  const answers: readonly string[] = [...COMPARED, "needsReset"];
  return JSON.stringify(
    Object.fromEntries(Object.entries(line).filter(([key]) => !answers.includes(key))),
  );
}
