import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";

import { checkRecording } from "../../src/check/check-recording.js";
import { checkResultText, type CheckResult } from "../../src/check/check-result.js";
import { recordingKind } from "../../src/check/recording-kind.js";
import { openCapture } from "../../src/node/index.js";
import { coreModule } from "../core-under-test.js";

// Devices, partial blocks, onlining, big blocks and retries: what the recordings decide in full.

const bundled = fileURLToPath(new URL("recordings/", import.meta.url));
const shared = fileURLToPath(new URL("../../../shared/recordings/", import.meta.url));
const root = existsSync(shared) ? shared : bundled;
const schema = fileURLToPath(new URL("../../docs/check.schema.json", import.meta.url));
const validate = new Ajv2020().compile(
  JSON.parse(await readFile(schema, "utf8")) as Record<string, unknown>,
);
const TIMEOUT_MS = 120_000;
const UNDECIDED_SUBBLOCKS = 3;

async function check(name: string): Promise<CheckResult[]> {
  const files = await openCapture(join(root, name));
  const kind = recordingKind(name, files.names());
  if (kind === "free-lists") throw new Error(`${name} must not be a recording of free lists`);
  const results: CheckResult[] = [];
  for await (const result of checkRecording(name, files, kind, coreModule())) results.push(result);
  return results;
}

function matching(pattern: RegExp): string[] {
  return readdirSync(root).filter((name) => pattern.test(name));
}

/**
 * Slabs and pages in batches may come or go between the recorded state and the attempt: in 3
 * subblocks at most.
 */
function isUndecided({ difference, aspects }: CheckResult): boolean {
  const blocks = aspects.find(({ name }) => name === "device-blocks");
  const wrong = blocks === undefined ? Infinity : blocks.recorded - blocks.same;
  return difference?.decided === false && wrong <= 2 * UNDECIDED_SUBBLOCKS;
}

const decided = matching(/^[fghir]-/);

test("there are recordings of each kind", () => {
  for (const letter of "fghir") {
    expect(decided.some((name) => name.startsWith(letter))).toBe(true);
  }
});

describe.each(decided)("%s", (name) => {
  test(
    "goes as recorded: requests, device blocks, memory blocks and zones, retries",
    async () => {
      const results = await check(name);
      expect(results.length).toBeGreaterThan(0);
      for (const result of results) {
        if (!isUndecided(result)) {
          expect(result.difference, checkResultText(result)).toBeNull();
          expect(result.agrees).toBe(true);
        }
        expect(validate(result), JSON.stringify(validate.errors)).toBe(true);
        const compared = result.aspects.map(({ recorded }) => recorded);
        expect(Math.max(...compared)).toBeGreaterThan(0);
      }
    },
    TIMEOUT_MS,
  );
});

test(
  "a difference says where, and what both met there",
  async () => {
    const result = (await check("c-toofull-normal")).at(-1);
    expect(validate(result), JSON.stringify(validate.errors)).toBe(true);
    expect(result?.agrees).toBe(false);
    expect(result?.difference?.at).toMatch(/^request \d+$/);
    expect(result?.difference?.why).toMatch(/^the model's driver|^the guest was done/);
  },
  TIMEOUT_MS,
);
