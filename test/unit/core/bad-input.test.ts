import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Core } from "../../../src/core/load.js";
import { Errno } from "../../../src/errno.js";
import { loadCoreUnderTest } from "../../core-under-test.js";
import { MEMORY_PROFILES } from "../../property/memory-profiles.js";
import { PATIENCE, runs } from "../../property/runs.js";
import { BLOCK, guestUnderTest, NR_BLOCKS } from "./guest-under-test.js";

type Call = (...args: number[]) => number | bigint | undefined;

const END = NR_BLOCKS * BLOCK;
const SCRATCH = 0x10000;
const SCRATCH_SIZE = 0x2000;
const MAX = 2 ** 32 - 1;
const ABSENT = 10 * BLOCK;
/** Begin inside, end outside of the pfn space; wrap around; lie behind it; are empty. */
const NO_RANGES = [
  [0, 0],
  [END, 1],
  [END - 1, 2],
  [0, END + 1],
  [BLOCK, MAX],
  [MAX, 1],
  [MAX, MAX],
] as const;

/** What the release core exports, too: the debug core has the loops of bench/ as well. */
function callsOf(core: Core): Map<string, Call> {
  const functions = Object.entries(core).filter(
    ([name, value]) => typeof value === "function" && !name.startsWith("bench"),
  );
  return new Map(functions as [string, Call][]);
}

/** Everything in use but the scratch area. */
function memoryOf(core: Core): Buffer {
  const bytes = Buffer.from(core.memory.buffer, 0, core.usedMemory() >>> 0);
  return Buffer.concat([bytes.subarray(0, SCRATCH), bytes.subarray(SCRATCH + SCRATCH_SIZE)]);
}

function expectUnchanged(core: Core, before: Buffer): void {
  expect(Buffer.compare(memoryOf(core), before)).toBe(0);
}

function isErrno(result: number | undefined): boolean {
  return result !== undefined && -(result | 0) > 0 && -(result | 0) < 4096;
}

const guest = guestUnderTest();
const { core, kernel, thp, contig, offline, isolated, bitmap } = guest;
const anon = guest.anon[0]!;
const crossing = [7 * BLOCK, 2 * BLOCK] as const;
const noZone = [ABSENT, BLOCK] as const;

/** Arguments that each export must refuse; none where every argument will do. */
const BAD: Readonly<Record<string, readonly (readonly number[])[]>> = {
  setup: [
    [8, 0],
    [0, 0],
    [MAX, 0],
  ],
  addZone: [
    [5, 0],
    [2, 16],
    [MAX, MAX],
    [2, 0],
  ],
  setWatermarks: [
    [2, 0, 0, 0],
    [0, 2, 1, 3],
    [0, 1, 3, 2],
    [0, 0, 0, 2 ** 30 + 1],
    [0, MAX, MAX, MAX],
  ],
  setLowmemReserve: [
    [2, 0, 0],
    [0, 5, 0],
    [0, 0, 2 ** 30 + 1],
  ],
  setCache: [
    [2, 1, 1, 1, 1],
    [0, 1025, 1, 1, 1],
    [0, 1, 4097, 1, 1],
    [0, 1, 1, 2 ** 20 + 1, 2 ** 20 + 1],
    [0, 1, 1, 2, 1],
    [0, 1, 1, 1, 2 ** 20 + 1],
    [0, 1, 0, 1, 1],
  ],
  setZeroFilledPages: [[512], [MAX]],
  setCpu: [],
  dropFileCache: [],
  dropSlab: [
    [101, 0],
    [MAX, 0],
    [50, 1001],
  ],
  relieve: [[4], [MAX]],
  drainCaches: [[2], [MAX]],
  drainLru: [],
  seedRandom: [],
  setHoldProbability: [
    [30, 0],
    [MAX, 0],
  ],
  setMigrationTargets: [[1], [8], [MAX]],
  setHiddenPinChance: [],
  setSignal: [],
  // digits from the right: order, type, kind, flags, node, class
  allocPages: [
    [0xa0020b],
    [MAX],
    [0],
    [1],
    [0xa00230],
    [0xa00240],
    [0x1e00200],
    [0xfff00200],
    [0x000200],
    [0x100200],
    [0x400200],
    [0xa00500],
    [0xa01200],
    [0x1a08210],
    [0x1a00219],
    [0x1908218],
  ],
  allocBulk: [
    [1, 0xa00230, 1],
    [1, 0x1e00200, 1],
    [1, 0xe00200, 1],
    [1, 0x1a00200, 1],
    [1, 0x1a08209, 1],
    [1, 0xa00500, 1],
    [1, 0xa01200, 1],
    [1, 0xa00200, 0],
    [1, 0xa00200, 65537],
  ],
  freePagesOf: [
    [END, 0],
    [MAX, 0],
    [kernel, 11],
    [kernel, MAX],
    [anon | 1, 1],
    [0, 10],
    [ABSENT, 0],
    [contig, 10],
    [thp, 0],
    [thp, 8],
    [thp + 256, 8],
  ],
  freeRun: [...NO_RANGES, noZone, [0, BLOCK], [thp, 511], [thp + 1, 511], crossing],
  pageState: [[END], [MAX]],
  setPage: [
    [END, 10, 0],
    [MAX, 10, 0],
    [kernel, 30, 0],
    [kernel, 0, 0],
    [kernel, 4, 0],
    [kernel, 10, 4],
    [kernel, 26, 0],
    [thp, 16, 1],
    [thp + 1, 26, 1],
    [ABSENT, 10, 0],
    [isolated, 16, 0],
  ],
  allocContig: [...NO_RANGES, noZone, crossing, [9 * BLOCK, 2 * BLOCK]].map((range) => [
    ...range,
    MAX,
  ]),
  freeContigRange: [
    ...NO_RANGES,
    noZone,
    [0, BLOCK],
    [contig, 2 * BLOCK],
    [contig - 1, 2],
    [isolated, 1],
  ],
  markOffline: [...NO_RANGES, noZone, [offline, BLOCK], [contig, BLOCK + 1], [0, 1]],
  isolate: [...NO_RANGES, noZone, crossing],
  unisolate: [...NO_RANGES, noZone, crossing],
  startOnline: [
    ...NO_RANGES.map((range) => [0, ...range]),
    [2, ABSENT, BLOCK],
    [0, ABSENT + 1, BLOCK],
    [0, ABSENT, 1],
    [0, 0, BLOCK],
    [0, 9 * BLOCK, 2 * BLOCK],
  ],
  onlinePages: [...NO_RANGES, noZone, [0, BLOCK], [contig, BLOCK], crossing],
  endOnline: [...NO_RANGES, noZone, [1, BLOCK], [0, 1], crossing],
  offlinePages: [...NO_RANGES, noZone, [1, BLOCK], [0, 1], crossing],
  loadFlags: [
    [ABSENT, BLOCK, 0, 0],
    [ABSENT, BLOCK, 2, 0],
    [0, BLOCK, 0, 0],
    [ABSENT + 1, BLOCK, 0, 0],
    [ABSENT, BLOCK, 0, 8],
    ...NO_RANGES.map((range) => [...range, 0, 0]),
  ],
  surveyStaged: [[0, 0x10001, 0], ...NO_RANGES.map((range) => [...range, 0])],
  endFlagSurvey: [],
  setStructLayout: [[]],
  decodeStructPages: [
    [0, 1, 0],
    [MAX, MAX, MAX],
  ],
  adoptPageblockTypes: [
    [0, 1],
    [MAX, MAX],
  ],
  setKernelFlags: [[]],
  describeStructPages: [
    [0, 1],
    [2, 4],
    [MAX, MAX],
  ],
  adoptPendingPage: [[0], [END], [MAX]],
  adoptCachedList: [
    [0, 0, 0, 0, 0],
    [2, 0, 0, 0, 0],
    [MAX, MAX, MAX, MAX, MAX],
  ],
  settleCachedPages: [
    [0, 0],
    [MAX, MAX],
  ],
  orderFreeList: [
    [2, 0, 0, 0, 0],
    [0, 11, 0, 0, 0],
    [0, 0, 5, 0, 0],
    [MAX, MAX, MAX, MAX, MAX],
  ],
  dropChangedPages: [[0x10001], [MAX]],
  markMemmap: [[NR_BLOCKS], [MAX], [0]],
  takeKernelOut: [
    [0, 512],
    [1, 512],
    [MAX, MAX],
  ],
  takeMemmapOut: [[0], [MAX]],
  classifyZone: [
    [2, 0],
    [0, 0],
    [MAX, 0],
  ],
  adoptCache: [[2], [0], [MAX]],
  finishLoad: [[0], [1]],
  setDoubtChance: [
    [0, 1],
    [19, 1],
    [MAX, 1],
  ],
  noteZspages: [
    [2, 1],
    [0, 1],
    [MAX, 1],
  ],
  noteHugePool: [[0, 0]],
  noteSwap: [[0, 0]],
  notePins: [[0, 1]],
  markPlugged: NO_RANGES,
  noteBalloon: [[0], [MAX]],
  nextUniformBlock: [
    [0, 30],
    [0, MAX],
  ],
  freePagesOfZone: [[2], [MAX]],
  nrFreeChunks: [
    [2, 0],
    [0, 11],
    [0, MAX],
  ],
  presentPagesOfZone: [[2], [MAX]],
  isolatedBlocksOfZone: [[2], [MAX]],
  lruPagesOfZone: [[2], [MAX]],
  cachedPagesOfZone: [[2], [MAX]],
  readFreeList: [
    [2, 0, 0, MAX, 1],
    [0, 11, 0, MAX, 1],
    [0, 0, 5, MAX, 1],
    [0, 0, 0, MAX, 0x20001],
    [0, 0, 1, END, 1],
    [0, 0, 1, kernel, 1],
    [0, 10, 1, ABSENT, 1],
    [0, 0, 1, MAX - 1, 1],
  ],
  pageblockType: [[NR_BLOCKS], [10], [MAX]],
  runOfClass: [...NO_RANGES.map((range) => [...range, 1]), [0, 1, 0]],
  pageblockZone: [[NR_BLOCKS], [10], [MAX]],
  countPages: [...NO_RANGES, [1, BLOCK], [0, 1]],
  countByClass: [
    [2, 0],
    [MAX, 1],
  ],
  doubtsBySubblock: [
    [0, 0, 1],
    [1, 1, 1],
    [0, 1, 13],
    [0, MAX, MAX],
    [MAX, 1, 1],
    [0, 1, 524289],
  ],
  firstBlocking: [...NO_RANGES],
  countBySubblock: [
    [0, 0, 1],
    [1, 1, 1],
    [0, 1, 13],
    [0, MAX, MAX],
    [MAX, 1, 1],
    [0, 1, 43691],
  ],
  lookAtSubblocks: [
    [0, 0, 1, 0],
    [1, 1, 1, 1],
    [0, 1, 13, 0],
    [0, MAX, MAX, 1],
    [MAX, 1, 1, 0],
    [0, 1, 524289, 0],
  ],
  lookAtChanges: [
    [0, 0, 1, 0],
    [1, 1, 1, 1],
    [0, 1, 13, 0],
    [0, MAX, MAX, 1],
    [MAX, 1, 1, 0],
    [0, 1, 131073, 0],
  ],
  lookNumber: [],
  endLook: [],
  lookAtPages: [...NO_RANGES, [0, 524289]],
  countRemovable: [
    [0, 0, 1, 0],
    [1, 1, 1, 0],
    [0, 1, 13, 0],
    [0, MAX, MAX, 0],
    [MAX, 1, 1, 0],
    [0, 1, 1, 8],
    [0, 1, 1, bitmap + 4],
    [0, 1, 1, MAX],
  ],
  validate: [],
  usedMemory: [],
  memoryChecksum: [],
  mixedPageblocks: [],
  scratch: [],
  staging: [],
  staging2: [],
  createBitmap: [[0], [2 ** 30 + 1], [MAX]],
  writeBits: [
    [0, 0, 1, 1],
    [bitmap + 8, 0, 1, 1],
    [MAX, 0, 1, 1],
    [bitmap, 100, 1, 1],
    [bitmap, 0, 101, 1],
    [bitmap, 1, MAX, 1],
    [bitmap, 101, 0, 1],
  ],
  testBit: [
    [0, 0],
    [bitmap, 100],
    [bitmap, MAX],
  ],
  nextBit: [
    [0, 0, 1],
    [bitmap ^ 8, 0, 1],
  ],
  previousBit: [
    [0, 0, 1],
    [bitmap ^ 8, 0, 1],
  ],
  countBits: [
    [0, 0, 1],
    [bitmap, 0, 101],
    [bitmap, 100, 1],
    [bitmap, 5, MAX],
  ],
  runLength: [
    [0, 0, 1, 1],
    [bitmap, 100, 1, 1],
    [bitmap, MAX, 1, 1],
  ],
  longestRun: [
    [0, 1],
    [MAX, 1],
  ],
  journalOpen: [[2 ** 26 + 1], [MAX]],
  journalClear: [],
  journalNoted: [],
  journalSize: [],
  journalAt: [],
  addWorkload: [
    [8, 1],
    [MAX, 1],
  ],
  setWorkload: [
    [0, 0, 1],
    [MAX, 0, 1],
  ],
  beginWorkload: [[0], [64], [MAX]],
  runWorkload: [
    [0, 1],
    [MAX, 1],
  ],
  endWorkload: [[0], [64], [MAX]],
  lookAtWorkload: [[0], [64], [MAX]],
  dropWorkloadCaches: [[0], [64], [MAX]],
  workloadRounds: [[0], [64], [MAX]],
  holdWorkload: [
    [0, 1, 1],
    [MAX, 1, 1],
  ],
  compactionMoves: [[2], [MAX]],
  takeOomEvents: [],
  hasPanicked: [],
  takeTouched: [
    [NR_BLOCKS, 0],
    [0, NR_BLOCKS + 1],
    [1, MAX],
  ],
  longestFreeRun: [],
};

test("the table knows every export of the core, and no other", () => {
  expect(Object.keys(BAD).sort()).toEqual([...callsOf(core).keys()].sort());
});

describe.each(Object.entries(BAD).filter(([, rows]) => rows.length > 0))("%s", (name, rows) => {
  const call = callsOf(core).get(name);

  test.each(rows.map((args) => ({ args })))("refuses $args and changes nothing", ({ args }) => {
    const before = memoryOf(core);
    expect(call?.length).toBe(args.length);
    const result = Number(call?.(...args) ?? 0);
    expect(result | 0).toBe(-Errno.EINVAL);
    expectUnchanged(core, before);
    expect(core.validate()).toBe(0);
  });
});

test("before setup() every export answers without a trap, and setup() still works", () => {
  for (const [name, call] of callsOf(loadCoreUnderTest())) {
    if (name === "setup") continue;
    for (const value of [0, 1, MAX]) {
      const empty = loadCoreUnderTest();
      callsOf(empty).get(name)?.(...Array.from({ length: call.length }, () => value));
      expect(empty.setup(4, 0)).toBe(0);
      expect(empty.validate()).toBe(0);
    }
  }
});

// Anything at all, in any order.

const VALUES = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  9,
  10,
  11,
  14,
  16,
  18,
  23,
  26,
  31,
  64,
  100,
  511,
  512,
  513,
  1000,
  1024,
  2048,
  2560,
  3072,
  3584,
  4096,
  4608,
  5119,
  5120,
  6143,
  6144,
  65536,
  2 ** 20,
  2 ** 30,
  2 ** 31,
  MAX - 1,
  MAX,
];
const CALLS = [...callsOf(loadCoreUnderTest())].filter(
  // these take as long as their arguments say, or memory for good
  ([name]) => !["createBitmap", "journalOpen", "setup"].includes(name),
);
const anyCall = fc.tuple(
  fc.nat(CALLS.length - 1),
  fc.array(fc.oneof(fc.constantFrom(...VALUES), fc.nat(END)), { minLength: 7, maxLength: 7 }),
);

test.each(MEMORY_PROFILES)(
  "no call, whatever its arguments, traps or breaks an invariant: %s",
  (profile) => {
    fc.assert(
      fc.property(fc.array(anyCall, { maxLength: 60, size: "max" }), (calls) => {
        const { core } = guestUnderTest(profile);
        for (const [index, args] of calls) {
          const [name = "", call] = CALLS[index] ?? [];
          const before = memoryOf(core);
          const answer = callsOf(core).get(name)?.(...args.slice(0, call?.length));
          // 64 bits are a checksum, no errno
          const result = typeof answer === "bigint" ? undefined : answer;
          const refused = isErrno(result) && (result ?? 0) | 0;
          if (refused === -Errno.EINVAL) expectUnchanged(core, before);
          expect(core.validate()).toBe(0);
        }
      }),
      runs(60),
    );
  },
  PATIENCE,
);
