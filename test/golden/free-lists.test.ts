import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { compareAnswer } from "../../src/check/compare-free-lists.js";
import {
  parseFreeListSteps,
  recordedProfile,
  type FreeListStep,
} from "../../src/check/free-list-recording.js";
import { FreeListReplay } from "../../src/check/free-list-replay.js";
import { linuxProfile, type LinuxProfile } from "../../src/linux/profile.js";
import { readFreeListRecording } from "../../src/node/free-list-recording.js";
import { coreModule } from "../core-under-test.js";

const bundled = fileURLToPath(new URL("lists", import.meta.url));
const shared = fileURLToPath(new URL("../../../shared", import.meta.url));

/**
 * Folders with recordings of 6.1, 6.12 and 7.2: the bundled ones, and those beside the checkout
 * where there are any.
 */
function recordings(): { name: string; path: string }[] {
  const roots = ["", "-6.12", "-7.2"].map((kernel) => `${bundled}${kernel}`);
  if (existsSync(shared)) {
    for (const kernel of ["", "-6.12", "-7.2"]) roots.push(`${shared}/lists/recordings${kernel}`);
  }
  return roots.flatMap((root) => {
    const names = readdirSync(root).sort();
    if (names.length === 0) throw new Error(`${root} must hold recordings, is empty`);
    return names.map((name) => ({ name: `${basename(root)}/${name}`, path: `${root}/${name}` }));
  });
}

function stepsOf(path: string): FreeListStep[] {
  return parseFreeListSteps(gunzipSync(readFileSync(`${path}/steps.jsonl.gz`)).toString());
}

async function disagreements(path: string, profile: LinuxProfile): Promise<unknown[]> {
  const { steps, meta } = await readFreeListRecording(path);
  const replay = new FreeListReplay(steps, meta, profile, coreModule());
  return steps.flatMap((step) => compareAnswer(step, replay.play(step)).disagreement ?? []);
}

describe("a recorded guest and the model", () => {
  test.each(recordings())(
    "agree on every result, move and list of $name",
    async ({ path }) => {
      const { steps, meta } = await readFreeListRecording(path);
      const replay = new FreeListReplay(steps, meta, recordedProfile(meta), coreModule());
      let dumps = 0;
      for (const step of steps) {
        const answer = replay.play(step);
        const compared = compareAnswer(step, answer);
        expect(compared.disagreement).toBeUndefined();
        // nothing recorded goes unanswered
        const recorded = [step.r, step.mig].filter((part) => part !== undefined).length;
        expect(compared.sameResults).toBe(recorded);
        dumps += compared.sameDumps;
      }
      expect(dumps).toBe(steps.filter(({ after }) => after !== undefined).length);
      expect(dumps).toBeGreaterThan(4);
      expect(replay.memory.validate()).toBeUndefined();
    },
    60_000,
  );

  test.each<{ rule: string; name: string; change: Partial<LinuxProfile["mm"]> }>([
    { rule: "type moves go to the tail", name: "lists/e4-e5", change: { moveToTail: false } },
    {
      rule: "a chunk may lie on a list of another type",
      name: "lists/e12b",
      change: { listFollowsBlock: true },
    },
    { rule: "fallback drags along", name: "lists/e5", change: { claimOrSteal: true } },
    {
      rule: "un-isolation forgets the type",
      name: "lists/e10c",
      change: { isolateKeepsType: true },
    },
    {
      rule: "single pageblocks are isolated",
      name: "lists/e15",
      change: { isolatePageblock: false },
    },
    { rule: "2 MiB pages move as one", name: "lists/thp", change: { contigMovesThp: false } },
    {
      rule: "orders above 0 are cached",
      name: "lists/pcp-order9",
      change: { cacheHighOrders: false },
    },
    { rule: "batches end early", name: "lists-6.12/lru-cross", change: { batchEndsEarly: false } },
    {
      rule: "fallback claims or steals",
      name: "lists-6.12/e4-e5",
      change: { claimOrSteal: false },
    },
    { rule: "caches tune themselves", name: "lists-6.12/pcp", change: { cacheTunes: false } },
    {
      rule: "high orders empty caches after a batch",
      name: "lists-6.12/pcp",
      change: { cacheFlushesLate: true },
    },
    { rule: "targets come first", name: "lists-6.12/e9", change: { migratesBatches: false } },
    { rule: "zeros are shared", name: "lists-6.12/thp", change: { splitSharesZeros: false } },
    {
      rule: "caches give back batch by batch",
      name: "lists-7.2/mixed-pcp-seed9",
      change: { cacheSpillsInBatches: false },
    },
    {
      rule: "isolation keeps the type",
      name: "lists-7.2/e10",
      change: { isolateKeepsType: false },
    },
    {
      rule: "high orders empty caches late",
      name: "lists-7.2/pcp",
      change: { cacheFlushesLate: false },
    },
    {
      rule: "what is given back is coalesced",
      name: "lists-7.2/mixed-pcp-seed9",
      change: { coalescedGiveBack: false },
    },
  ])("disagree on $name where not: $rule", async ({ name, change }) => {
    const path = fileURLToPath(new URL(name, import.meta.url));
    const { meta } = await readFreeListRecording(path);
    const profile = recordedProfile(meta);
    const found = await disagreements(path, {
      ...profile,
      mm: { ...profile.mm, ...change },
    }).catch((error: unknown) => [error]);
    expect(found).not.toEqual([]);
  });
});

describe("compareAnswer", () => {
  const steps = stepsOf(`${bundled}/e8`);
  const index = steps.findIndex(({ op, r, mig }) => op === "c" && r === 0 && mig?.length);

  async function answered() {
    const { meta } = await readFreeListRecording(`${bundled}/e8`);
    const replay = new FreeListReplay(steps, meta, linuxProfile("v6.1"), coreModule());
    const answers = steps.slice(0, index + 1).map((step) => replay.play(step));
    return { step: steps[index]!, answer: answers[index]! };
  }

  test("says nothing of equals", async () => {
    const { step, answer } = await answered();
    expect(compareAnswer(step, answer)).toEqual({
      results: 2,
      sameResults: 2,
      dumps: 1,
      sameDumps: 1,
      disagreement: undefined,
    });
  });

  test.each([
    { what: "result", change: { r: -16 } },
    { what: "moves", change: { mig: [] } },
    { what: "list M10", after: { L: {} } },
    { what: "pb", after: { pb: "U" } },
    { what: "free", after: { free: 7 } },
    { what: "nf", after: { nf: [1] } },
  ])("notices another $what", async ({ what, change, after }) => {
    const { step, answer } = await answered();
    const other = { ...answer, ...change, after: { ...answer.after!, ...after } };
    const { disagreement } = compareAnswer(step, other);
    expect(disagreement).toMatchObject({ step: step.i, op: "c", what });
  });

  test("takes a page of another node for equal, whatever its number", async () => {
    const { step, answer } = await answered();
    const away = { ...step, mig: [[5, -800000] as const] };
    expect(compareAnswer(away, { ...answer, mig: [[5, -900000]] }).disagreement).toBeUndefined();
    expect(compareAnswer(away, { ...answer, mig: [[5, 4]] }).disagreement?.what).toBe("moves");
  });
});
