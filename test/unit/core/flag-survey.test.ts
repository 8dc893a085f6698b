import { expect, test } from "vitest";

import { PAGEBLOCK_PAGES } from "../../../src/core/abi.js";
import type { FlagSurvey } from "../../../src/core/flag-survey.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { coreModule } from "../../core-under-test.js";

const LRU = 1n << 5n;
const SLAB = 1n << 7n;
const BUDDY = 1n << 10n;
const MMAP = 1n << 11n;
const ANON = 1n << 12n;
const HEAD = 1n << 15n;
const TAIL = 1n << 16n;
const HUGE = 1n << 17n;
const NR_PAGES = 8 * PAGEBLOCK_PAGES;

type Range = readonly [first: number, nr: number, word: bigint];

function wordsOf(ranges: readonly Range[]): Uint8Array {
  const words = new BigUint64Array(NR_PAGES);
  for (const [first, nr, word] of ranges) words.fill(word, first, first + nr);
  return new Uint8Array(words.buffer);
}

/** @param pieces - where the words are cut; a survey sees them one piece after the other. */
async function surveyOf(
  ranges: readonly Range[],
  {
    pieces = [0, NR_PAGES],
    counts,
  }: { pieces?: readonly number[]; counts?: readonly Range[] } = {},
): Promise<FlagSurvey> {
  const { loader } = await PageMemory.create(NR_PAGES, linuxProfile("v6.1").mm, coreModule());
  for (const [at, start] of pieces.slice(0, -1).entries()) {
    const end = pieces[at + 1] ?? NR_PAGES;
    loader.stageFlags(wordsOf(ranges).subarray(start * 8, end * 8), 0);
    if (counts !== undefined) {
      loader.stageExtended(wordsOf(counts).subarray(start * 8, end * 8), 0);
    }
    loader.survey(start, end - start, counts !== undefined);
  }
  return loader.endSurvey();
}

function chunks(...orders: readonly number[]): number[] {
  const counts = new Array<number>(11).fill(0);
  for (const order of orders) counts[order] = (counts[order] ?? 0) + 1;
  return counts;
}

test.each([
  ["none", [], []],
  ["an aligned one", [[512, 512, BUDDY]], [9]],
  ["the largest, at page 0", [[0, 1024, BUDDY]], [10]],
  ["two of the largest order", [[1024, 2048, BUDDY]], [10, 10]],
  ["of a run that is not aligned", [[3, 6, BUDDY]], [0, 2, 0]],
  ["of a run to the end", [[NR_PAGES - 3, 3, BUDDY]], [0, 1]],
] as const)("free chunks: %s", async (_, ranges, orders) => {
  expect((await surveyOf(ranges)).freeChunks).toEqual(chunks(...orders));
});

test("a run of free pages goes on in the next piece, not across a gap", async () => {
  const ranges: Range[] = [[0, 2048, BUDDY]];
  expect((await surveyOf(ranges, { pieces: [0, 512, 2048] })).freeChunks).toEqual(chunks(10, 10));
  const { loader } = await PageMemory.create(NR_PAGES, linuxProfile("v6.1").mm, coreModule());
  loader.stageFlags(wordsOf(ranges), 0);
  loader.survey(0, 512, false);
  loader.survey(1024, 512, false);
  expect(loader.endSurvey().freeChunks).toEqual(chunks(9, 9));
});

test.each([
  ["free and on an LRU list", [[5, 2, BUDDY | LRU]], 2],
  ["free and mapped", [[5, 1, BUDDY | MMAP]], 1],
  ["first and later page of a folio", [[5, 3, HEAD | TAIL | LRU]], 3],
  ["hugetlb and not compound", [[5, 1, HUGE]], 1],
  [
    "slab with a first page and its tails",
    [
      [4, 1, SLAB | HEAD],
      [5, 3, SLAB | TAIL],
    ],
    0,
  ],
  ["mapped anonymous memory", [[5, 1, LRU | MMAP | ANON]], 0],
  ["a bit that is not known", [[5, 1, 1n << 60n]], 0],
] as const)("a word: %s", async (_, ranges, impossible) => {
  expect((await surveyOf(ranges)).impossible).toBe(impossible);
});

test("tails need a first page", async () => {
  const folio: Range[] = [
    [4, 1, HEAD | ANON],
    [5, 3, TAIL | ANON],
  ];
  expect((await surveyOf(folio)).loneTails).toBe(0);
  expect((await surveyOf(folio.slice(1))).loneTails).toBe(1);
});

test("mapped anonymous pages, and pageblocks with kernel memory", async () => {
  const survey = await surveyOf([
    [0, 3, LRU | ANON | MMAP],
    [3, 2, LRU | ANON],
    [10, 2, HUGE | HEAD | ANON | MMAP],
    [600, 1, SLAB],
    [610, 1, SLAB],
    [1500, 600, SLAB],
  ]);
  expect(survey).toMatchObject({ mappedAnon: 3, kernelPageblocks: 4 });
});

test("map counts are compared page by page", async () => {
  const ranges: Range[] = [[0, 10, LRU | MMAP]];
  const counts: Range[] = [[2, 12, 3n]];
  expect(await surveyOf(ranges, { counts })).toMatchObject({ mapDifferences: 6, mapped: 12 });
  expect(await surveyOf(ranges)).toMatchObject({ mapDifferences: 0, mapped: 0 });
});
