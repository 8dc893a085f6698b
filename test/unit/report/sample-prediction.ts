import type {
  DeviceRequest,
  Obstacle,
  Prediction,
  PredictedMemoryBlock,
} from "../../../src/predict/prediction.js";

export const MiB = 1024 ** 2;
export const GiB = 1024 ** 3;
export const TiB = 1024 ** 4;

/** What a character of a drawing stands for, one per device block. */
const OBSTACLES: Readonly<Record<string, Pick<Obstacle, "class" | "stage">>> = {
  s: { class: "slab", stage: "isolate" },
  b: { class: "buffer", stage: "migrate" },
  p: { class: "anon", stage: "test" },
  k: { class: "page-table", stage: "isolate" },
  m: { class: "memmap", stage: "isolate" },
  f: { class: null, stage: "memory" },
  t: { class: "lru-pending", stage: "isolate" },
  x: { class: "poisoned", stage: "isolate" },
};

/**
 * A prediction from a drawing: a string per memory block (128 MiB), a character per device block.
 *
 * `.` unplugged, `-` never plugged, `+` added, `#` stays untried, a letter for an obstacle. Memory
 * above the drawing is unplugged.
 */
export function drawnPrediction(
  drawing: readonly string[],
  change: Partial<Prediction> = {},
): Prediction {
  const memoryBlockSize = change.memoryBlockSize ?? 128 * MiB;
  const regionSize = change.regionSize ?? 4 * GiB;
  const regionStart = change.regionStart ?? 4 * GiB;
  const cells = drawing.join("");
  const deviceBlockSize = change.deviceBlockSize ?? memoryBlockSize / (drawing[0]?.length ?? 64);
  const total = regionSize / deviceBlockSize;
  const pluggedBefore = bits(cells, (cell) => cell !== "-" && cell !== "+").padEnd(total, "0");
  const pluggedAfter = bits(cells, (cell) => cell !== "-" && cell !== ".").padEnd(total, "0");
  const obstacles: Obstacle[] = [];
  for (const [i, cell] of Array.from(cells).entries()) {
    const found = OBSTACLES[cell];
    if (!found) continue;
    const offset = i * deviceBlockSize;
    const pfn = found.class === null ? null : (regionStart + offset) / 4096 + 7;
    obstacles.push({ offset, size: deviceBlockSize, pfn, ...found, tries: 1 });
  }
  const before = count(pluggedBefore) * deviceBlockSize;
  const after = count(pluggedAfter) * deviceBlockSize;
  return {
    profile: "v6.1",
    kernel: null,
    policy: "linux",
    requestedSize: 0,
    pluggedSizeBefore: before,
    pluggedSizeAfter: after,
    interval: [after, after],
    confidence: 90,
    samples: 0,
    stays: [],
    deviceBlockSize,
    subblockSize: deviceBlockSize,
    memoryBlockSize,
    device: "virtio0",
    regionStart,
    regionSize,
    pluggedBefore,
    pluggedAfter,
    requests: unplugRequests(drawing, deviceBlockSize),
    memoryBlocks: memoryBlocks(drawing, memoryBlockSize, regionStart),
    obstacles,
    retries: [],
    migratedPages: 0,
    droppedPages: 0,
    virtualMs: 0,
    cost: {
      scannedPages: 0,
      movedPages: 0,
      droppedPages: 0,
      droppedSlabPages: 0,
      attempts: 0,
      failedAttempts: 0,
      requests: 0,
      virtualMs: 0,
    },
    notes: [],
    ...change,
  };
}

function bits(cells: string, isSet: (cell: string) => boolean): string {
  return cells.replace(/./g, (cell) => (isSet(cell) ? "1" : "0"));
}

function count(bitmap: string): number {
  return bitmap.replaceAll("0", "").length;
}

function unplugRequests(drawing: readonly string[], deviceBlockSize: number): DeviceRequest[] {
  const requests: DeviceRequest[] = [];
  const response = "ACK";
  for (const [id, row] of [...drawing.entries()].reverse()) {
    const start = id * row.length * deviceBlockSize;
    if (/^\.+$/.test(row)) {
      requests.push({ type: "UNPLUG", offset: start, nbBlocks: row.length, response });
      continue;
    }
    for (const [i, cell] of Array.from(row).entries()) {
      const offset = start + i * deviceBlockSize;
      if (cell === ".") requests.push({ type: "UNPLUG", offset, nbBlocks: 1, response });
      if (cell === "+") requests.push({ type: "PLUG", offset, nbBlocks: 1, response });
    }
  }
  return requests;
}

function memoryBlocks(
  drawing: readonly string[],
  size: number,
  regionStart: number,
): PredictedMemoryBlock[] {
  return drawing.map((row, i) => {
    const left = row.replace(/[-.]/g, "").length;
    const state = left === 0 ? "unused" : left === row.length ? "kernel" : "kernel-partial";
    return {
      id: regionStart / size + i,
      offset: i * size,
      size,
      state,
      zone: left === 0 ? null : "Normal",
      plugged: left * (size / row.length),
    };
  });
}

/**
 * A compile server on ext4, 768 MiB asked back in full: the map is that of a recorded guest (Debian
 * 12, Linux 6.1), the obstacles are dealt out in the recorded numbers.
 */
export function compileServer(change: Partial<Prediction> = {}): Prediction {
  const drawing = [
    "ssssssm.s............b..........................................",
    "....bb......................................b....b...s...bss..m.",
    "..bs...sk..b..bbbkbb..ss............mb...........bbbbkbbsssbbbbb",
    "bbsbbbbsbbbsbbkbbbb.............................................",
    ".".repeat(64),
    ".".repeat(64),
  ];
  return drawnPrediction(drawing, {
    interval: [96 * MiB, 150 * MiB],
    retries: [54_100, 154_100, 354_100, 654_100, 954_100],
    migratedPages: 48_211,
    droppedPages: 12_003,
    virtualMs: 4_130,
    notes: ["21 buffer cache pages may go or stay: the capture does not show the journal."],
    ...change,
  });
}

/** An idle guest: 2 GiB asked back, 4 MiB stay. */
export function idleGuest(change: Partial<Prediction> = {}): Prediction {
  const drawing = [
    "..s...............s".padEnd(64, "."),
    ...Array<string>(15).fill(".".repeat(64)),
  ];
  return drawnPrediction(drawing, {
    retries: [50_031],
    migratedPages: 120,
    virtualMs: 31.4,
    ...change,
  });
}

/** Movable memory with 173 subblocks pinned all over it; the map is that of a recorded guest. */
export function pinnedGuest(): Prediction {
  const drawing = [
    "...#.....#...###.....####...#...#..#......#.......##....#.##....",
    "#..##.....#...#.........#...#..#..#.##..###....###.....#...###..",
    "#..##...###......#...##.......###........#.#...#........#....#..",
    "#.#..#..##.....##.#..#.##.#..#......####....#....###...##....#..",
    ".##.#.####..#.......#.#.#..#.#...#....#.#.........#...#.........",
    "##........##....#...##.####.....#.##..##...#....#.#..........#..",
    ".#...#....###...###........#.#.....#####.#...#.#.#.#............",
    "........#.#...#...##..#..###.....#......#.....##..##....#.....#.",
    "........#.......##..........#..#..#......#...#.##...........###.",
    "..#.#.....#........##...........................................",
    ...Array<string>(6).fill(".".repeat(64)),
  ].map((row) => row.replaceAll("#", "p"));
  const prediction = drawnPrediction(drawing, { migratedPages: 210_000, virtualMs: 9_800 });
  const memoryBlocks = prediction.memoryBlocks.map((block) =>
    block.state === "unused"
      ? block
      : { ...block, state: "movable-partial" as const, zone: "Movable" },
  );
  return { ...prediction, memoryBlocks };
}

/** 4 GiB wanted by a guest whose boot memory holds the memmap of 15 memory blocks only. */
export function failedGrowth(): Prediction {
  const drawing = Array<string>(15).fill("+".repeat(64));
  const failing = { offset: 15 * 128 * MiB, nbBlocks: 64, response: "ACK" } as const;
  const requests: DeviceRequest[] = drawing.map((_, i) => ({
    type: "PLUG",
    offset: i * 128 * MiB,
    nbBlocks: 64,
    response: "ACK",
  }));
  for (let i = 0; i < 3; i++)
    requests.push({ type: "PLUG", ...failing }, { type: "UNPLUG", ...failing });
  const prediction = drawnPrediction(drawing, {
    requestedSize: 4 * GiB,
    requests,
    retries: [51_700, 152_300, 352_600],
    virtualMs: 1_680,
  });
  const memoryBlocks = prediction.memoryBlocks.map((block) => ({
    ...block,
    state: "movable" as const,
    zone: "Movable",
  }));
  return { ...prediction, memoryBlocks };
}

/** More in use than boot memory can take: the pass ends with no memory for targets. */
export function tooFullGuest(): Prediction {
  const drawing = [
    ...Array<string>(7).fill("#".repeat(64)),
    "#".repeat(36).padEnd(37, "f").padEnd(64, "."),
    ...Array<string>(4).fill(".".repeat(64)),
    "..................................................s.............",
    ...Array<string>(3).fill(".".repeat(64)),
  ];
  return drawnPrediction(drawing, { migratedPages: 190_000, virtualMs: 7_300, retries: [57_300] });
}

/**
 * A device of any size: plugged up to `plugged`, where what stays lies at the bottom and thins out
 * upwards. Deterministic.
 */
export function largeGuest(
  regionSize: number,
  plugged: number,
  deviceBlockSize = 2 * MiB,
): Prediction {
  const perBlock = Math.max(1, (128 * MiB) / deviceBlockSize);
  const nrBlocks = plugged / deviceBlockSize / perBlock;
  const letters = "ssbskpsbsm";
  let seed = 12_345;
  const random = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed / 2 ** 32;
  };
  const drawing: string[] = [];
  for (let id = 0; id < nrBlocks; id++) {
    const share = 0.5 * (1 - id / (nrBlocks * 0.45)) ** 3;
    let row = "";
    for (let i = 0; i < perBlock; i++) {
      const stays = share > 0.002 && random() < share;
      row += stays ? (letters[Math.floor(random() * letters.length)] ?? "s") : ".";
    }
    drawing.push(row);
  }
  return drawnPrediction(drawing, {
    regionSize,
    deviceBlockSize,
    memoryBlockSize: 128 * MiB,
    migratedPages: 3_000_000,
    virtualMs: 190_000,
  });
}
