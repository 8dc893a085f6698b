import { CaptureError } from "../capture/capture-error.js";

export type RecordingKind = "free-lists" | "device" | "guest" | "allocation-order";

/** Which file tells which kind. */
const SIGNS: readonly (readonly [kind: RecordingKind, sign: RegExp, words: string])[] = [
  ["free-lists", /^steps\.jsonl(\.gz)?$/, "steps.jsonl.gz (free lists)"],
  ["device", /^requests\.jsonl$/, "requests.jsonl (a device)"],
  ["guest", /^([^/]+\/)?expected\.json$/, "expected.json, also one folder down (a guest)"],
  ["allocation-order", /^alloc-1\.txt$/, "alloc-1.txt (order of allocations)"],
];

/**
 * What kind of recording holds these files.
 *
 * @throws CaptureError if it is none, or more than one.
 */
export function recordingKind(where: string, names: readonly string[]): RecordingKind {
  const found = SIGNS.filter(([, sign]) => names.some((name) => sign.test(name)));
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) {
    const wanted = SIGNS.map(([, , words]) => words).join(", ");
    const got = found.length === 0 ? "none" : found.map(([, , words]) => words).join(" and ");
    throw new CaptureError(where, "", `must hold one of ${wanted}, got ${got}`);
  }
  return only[0];
}
