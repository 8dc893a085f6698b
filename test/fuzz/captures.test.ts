import { packTar } from "modern-tar";
import { gzipSync } from "node:zlib";

import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";

import { openArchive } from "../../src/capture/archive.js";
import type { CaptureFiles } from "../../src/capture/capture-files.js";
import { readCapture } from "../../src/capture/read-capture.js";
import { predict } from "../../src/predict/predict.js";
import type { Prediction } from "../../src/predict/prediction.js";
import { coreModule } from "../core-under-test.js";
import { AlteredCapture } from "../unit/capture/altered-capture.js";
import { byteDamage, damaged } from "./byte-damage.js";
import { damageFlags, flagDamage } from "./flag-damage.js";
import { FUZZ_TIMEOUT, fuzz, outcomeOf } from "./fuzzing.js";
import { expectSound } from "./sound-prediction.js";
import { damagedText, textDamage } from "./text-damage.js";

const MiB = 2 ** 20;
/** Without samples: the answer itself is what damage changes. */
const OPTIONS = { core: coreModule(), samples: 0 };
const COMPRESSED = ["kpageflags.gz", "kpagecount.gz"];

let original: AlteredCapture;
let usual: Prediction;
let texts: string[];

beforeAll(async () => {
  original = await AlteredCapture.open();
  usual = await predict(await readCapture(original.asFiles()), OPTIONS);
  texts = [...original.files.keys()].filter((name) => name.endsWith(".txt"));
});

async function predicted(files: CaptureFiles): Promise<Prediction> {
  const prediction = await predict(await readCapture(files), OPTIONS);
  expectSound(prediction);
  return prediction;
}

function copy(): AlteredCapture {
  const altered = new AlteredCapture();
  for (const [name, bytes] of original.files) altered.files.set(name, bytes);
  return altered;
}

/** An answer that is another one than before says so: its reader believes it otherwise. */
function expectSaid(prediction: Prediction, what: string): void {
  const [low, high] = prediction.interval;
  const { pluggedSizeAfter: right } = usual;
  const isRight = right >= low - 16 * MiB && right <= high + 16 * MiB;
  const isSaid = prediction.notes.length > usual.notes.length;
  expect(isRight || isSaid, `${what}: ${low} to ${high} bytes without a note`).toBe(true);
}

test(
  "compressed files that are damaged are refused, or change nothing",
  async () => {
    const inputs = fc.record({
      file: fc.constantFrom(...COMPRESSED),
      damage: fc.array(byteDamage, { minLength: 1, maxLength: 3 }),
    });
    await fuzz(inputs, async ({ file, damage }) => {
      const altered = copy();
      altered.files.set(file, damage.reduce(damaged, altered.bytes(file)));
      const outcome = await outcomeOf(() => predicted(altered.asFiles()));
      if (outcome.kind === "refused") expect(outcome.message).toContain(file);
      else expect(outcome.value.pluggedAfter).toEqual(usual.pluggedAfter);
    });
  },
  FUZZ_TIMEOUT,
);

test(
  "page flags of another guest are refused, or the answer says so",
  async () => {
    const counts = original.words("kpagecount.gz");
    await fuzz(fc.array(flagDamage, { minLength: 1, maxLength: 3 }), async (damage) => {
      const altered = copy();
      const words = damage.reduce(
        (all, one) => (all.length === 0 ? all : damageFlags(all, one, counts)),
        original.words() as BigUint64Array<ArrayBuffer>,
      );
      const outcome = await outcomeOf(() => predicted(altered.setWords(words).asFiles()));
      if (outcome.kind === "refused") return;
      if (changedPages(words) > TOLERATED_SHARE * words.length) expectSaid(outcome.value, "flags");
    });
  },
  FUZZ_TIMEOUT,
);

/**
 * Of fewer pages the counters of a guest that lives cannot tell (src/guest/self-check.ts), unless
 * they break free chunks or are such as no page is.
 */
const TOLERATED_SHARE = 0.0025;

function changedPages(words: BigUint64Array): number {
  const before = original.words();
  let changed = Math.max(0, before.length - words.length);
  for (let pfn = 0; pfn < words.length; pfn++) if (words[pfn] !== before[pfn]) changed++;
  return changed;
}

test(
  "texts that are damaged are refused, or the answer holds together",
  async () => {
    const inputs = fc.array(fc.tuple(fc.constantFrom(...texts), textDamage), {
      minLength: 1,
      maxLength: 3,
    });
    await fuzz(inputs, async (damages) => {
      const altered = copy();
      for (const [file, damage] of damages) {
        altered.setText(file, damagedText(altered.text(file), damage));
      }
      await outcomeOf(() => predicted(altered.asFiles()));
    });
  },
  FUZZ_TIMEOUT,
);

test(
  "files that are missing, mixed up or there twice",
  async () => {
    const names = [...original.files.keys()];
    const inputs = fc.array(
      fc.record({
        kind: fc.constantFrom("drop", "move", "copy-into"),
        file: fc.constantFrom(...names),
        to: fc.oneof(
          fc.constantFrom(...names),
          fc.constantFrom("meta.json", "a/kpageflags.gz", "../iomem.txt", "memmap.json", "x"),
          fc.string({ maxLength: 20 }),
        ),
      }),
      { minLength: 1, maxLength: 3 },
    );
    await fuzz(inputs, async (changes) => {
      const altered = copy();
      for (const { kind, file, to } of changes) {
        const bytes = altered.files.get(file);
        if (bytes === undefined) continue;
        if (kind !== "drop") altered.files.set(to, bytes);
        if (kind !== "copy-into") altered.files.delete(file);
      }
      await outcomeOf(() => predicted(altered.asFiles()));
    });
  },
  FUZZ_TIMEOUT,
);

test(
  "archives with damaged headers and contents",
  async () => {
    const entries = [...original.files].map(([name, bytes]) => ({
      header: { name: `capture/${name}`, size: bytes.length, type: "file" as const },
      body: bytes,
    }));
    const tar = await packTar(entries);
    const inputs = fc.record({
      inside: fc.array(byteDamage, { maxLength: 3 }),
      outside: fc.array(byteDamage, { maxLength: 2 }),
      compress: fc.boolean(),
    });
    await fuzz(inputs, async ({ inside, outside, compress }) => {
      const raw = inside.reduce(damaged, tar);
      const packed = compress ? new Uint8Array(gzipSync(raw, { level: 1 })) : raw;
      const bytes = outside.reduce(damaged, packed);
      await outcomeOf(async () =>
        predicted(
          await openArchive("x.tar", async function* read() {
            await Promise.resolve();
            for (let at = 0; at < bytes.length; at += 65536) yield bytes.subarray(at, at + 65536);
          }),
        ),
      );
    });
  },
  FUZZ_TIMEOUT,
);
