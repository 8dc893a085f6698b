import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CaptureError } from "../../../src/capture/capture-error.js";
import type { CaptureFiles } from "../../../src/capture/capture-files.js";
import { readCapture } from "../../../src/capture/read-capture.js";
import { type Change, recording, webServer, wholeOf } from "./sample-captures.js";

type Damage = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;

/** A place in a file as a part of its length, so that one damage fits files of all lengths. */
const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

const truncation = place.map<Damage>((at) => (bytes) => bytes.slice(0, at * bytes.length));

const flips = fc
  .array(fc.tuple(place, fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 })
  .map<Damage>((list) => (bytes) => {
    const after = bytes.slice();
    for (const [at, mask] of list) {
      const index = Math.floor(at * after.length);
      after[index] = (after[index] ?? 0) ^ mask;
    }
    return after;
  });

const otherDigits = fc
  .tuple(place, fc.constantFrom("0", "9", "-", "f", "99999999999999999", " "))
  .map<Damage>(([at, text]) => (bytes) => {
    const before = new TextDecoder().decode(bytes);
    const from = Math.floor(at * before.length);
    return new TextEncoder().encode(before.slice(0, from) + before.slice(from).replace(/\d/, text));
  });

const lines = fc.tuple(place, place, fc.boolean()).map<Damage>(([a, b, twice]) => (bytes) => {
  const list = new TextDecoder().decode(bytes).split("\n");
  const taken = list.splice(Math.floor(a * list.length), 1);
  if (twice) list.splice(Math.floor(b * list.length), 0, ...taken, ...taken);
  return new TextEncoder().encode(list.join("\n"));
});

const damage = fc.oneof(truncation, flips, otherDigits, lines);

async function outcome(files: CaptureFiles): Promise<"capture" | CaptureError> {
  try {
    const capture = await readCapture(files);
    for (const zone of capture.zones) expect(zone.present).toBeGreaterThan(0);
    return "capture";
  } catch (error) {
    if (error instanceof CaptureError) return error;
    throw error;
  }
}

const samples = [
  { name: "a user's capture", open: webServer, pageFiles: /^kpage/ },
  {
    name: "a recording",
    open: (changes: Record<string, Change>) => recording("c-pinned-movable-seed1", changes),
    pageFiles: /\.(kpf|pgx)\.gz$|trace|expected/,
  },
];

describe.each(samples)("$name with a damaged text", ({ open, pageFiles }) => {
  test("is read or refused with a CaptureError, never anything else", async () => {
    const intact = await open({});
    const names = intact.names().filter((name) => !pageFiles.test(name));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), damage, async (name, harm) => {
        const bytes = harm(await wholeOf(intact.open(name)));
        const result = await outcome(await open({ [name]: bytes }));
        if (result !== "capture") expect(result.message.startsWith(result.file)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});

test("page flags that are cut off anywhere never pass", async () => {
  const intact = await wholeOf((await webServer()).open("kpageflags.gz"));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: intact.length - 1 }), async (length) => {
      const files = await webServer({ "kpageflags.gz": intact.slice(0, length) });
      const capture = await readCapture(files);
      await expect(wholeOf(capture.pageFlags())).rejects.toBeInstanceOf(CaptureError);
    }),
    { numRuns: 25 },
  );
});
