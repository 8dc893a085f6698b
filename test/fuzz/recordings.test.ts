import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import fc from "fast-check";
import { expect, test } from "vitest";

import { captureFilesOf } from "../../src/capture/capture-files.js";
import { checkRecording } from "../../src/check/check-recording.js";
import { checkResultText } from "../../src/check/check-result.js";
import { compareAnswer } from "../../src/check/compare-free-lists.js";
import {
  parseFreeListMeta,
  parseFreeListSteps,
  recordedProfile,
} from "../../src/check/free-list-recording.js";
import { FreeListReplay } from "../../src/check/free-list-replay.js";
import { recordingKind } from "../../src/check/recording-kind.js";
import { coreModule } from "../core-under-test.js";
import { byteDamage, damaged } from "./byte-damage.js";
import { FUZZ_TIMEOUT, fuzz, hasControl, outcomeOf, outcomeOfSync } from "./fuzzing.js";
import { damagedText, textDamage } from "./text-damage.js";

const GOLDEN = join(import.meta.dirname, "../golden");

function filesIn(folder: string): Map<string, Uint8Array> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return new Map(
    names.map((file) => [file.slice(folder.length + 1), new Uint8Array(readFileSync(file))]),
  );
}

async function check(members: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const blobs = [...members].map(
    ([name, bytes]) => [name, new Blob([bytes as Uint8Array<ArrayBuffer>])] as const,
  );
  const files = captureFilesOf("recording", new Map(blobs));
  const kind = recordingKind("recording", files.names());
  if (kind === "free-lists") return;
  for await (const result of checkRecording("recording", files, kind, coreModule())) {
    expect(hasControl(checkResultText(result).replaceAll("\n", ""))).toBe(false);
    JSON.stringify(result);
  }
}

test.each(["a-idle-normal-2m", "i-bigdevblk-256m", "h-device-random-2m-seed1", "k-allocorder-0"])(
  "damaged recordings are refused, or compared: %s",
  async (name) => {
    const original = filesIn(join(GOLDEN, "recordings", name));
    const names = [...original.keys()];
    const inputs = fc.array(
      fc.record({ file: fc.constantFrom(...names), text: textDamage, bytes: byteDamage }),
      { minLength: 1, maxLength: 3 },
    );
    await fuzz(inputs, async (changes) => {
      const members = new Map(original);
      for (const { file, text, bytes } of changes) {
        const before = members.get(file) ?? new Uint8Array();
        const isText = !file.endsWith(".gz");
        const changed = isText
          ? new TextEncoder().encode(damagedText(new TextDecoder().decode(before), text))
          : damaged(before, bytes);
        members.set(file, changed);
      }
      await outcomeOf(() => check(members));
    });
  },
  FUZZ_TIMEOUT,
);

test.each(["lists/e10", "lists/vmem", "lists/two-zones"])(
  "damaged lists of free pages are refused, or replayed: %s",
  async (name) => {
    const folder = join(GOLDEN, name);
    const metaText = readFileSync(join(folder, "meta.json"), "utf8");
    const all = gunzipSync(readFileSync(join(folder, "steps.jsonl.gz"))).toString("utf8");
    const original = all.split("\n").slice(0, 40).join("\n");
    const inputs = fc.record({
      steps: fc.array(textDamage, { minLength: 1, maxLength: 3 }),
      meta: fc.array(textDamage, { maxLength: 1 }),
    });
    await fuzz(inputs, ({ steps, meta }) => {
      outcomeOfSync(() => {
        const given = parseFreeListMeta(meta.reduce(damagedText, metaText));
        const parsed = parseFreeListSteps(steps.reduce(damagedText, original));
        const replay = new FreeListReplay(parsed, given, recordedProfile(given));
        for (const step of parsed) compareAnswer(step, replay.play(step));
      });
    });
  },
  FUZZ_TIMEOUT,
);
