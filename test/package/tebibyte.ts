import type { Obstacle, Prediction } from "../../src/predict/prediction.js";

const SUBBLOCK = 2 ** 21;
const CELLS = 2 ** 19;

/** A result of `predict --json`: a tebibyte of which kernel memory keeps a subblock in 97. */
export function tebibyteResult(): Prediction {
  const stays = Array.from({ length: CELLS }, (_, cell) => cell % 97 === 0);
  const obstacles = stays.flatMap((isHeld, cell): Obstacle[] =>
    isHeld
      ? [
          {
            offset: cell * SUBBLOCK,
            size: SUBBLOCK,
            pfn: 2 ** 20 + cell * 512 + 7,
            class: cell % 2 === 0 ? "slab" : "kernel",
            stage: "isolate",
            tries: 1,
          },
        ]
      : [],
  );
  const pluggedSizeAfter = obstacles.length * SUBBLOCK;
  const counts = {
    scannedPages: 0,
    movedPages: 0,
    droppedPages: 0,
    droppedSlabPages: 0,
    attempts: CELLS,
    failedAttempts: obstacles.length,
    requests: CELLS - obstacles.length,
  };
  return {
    profile: "v6.1",
    kernel: null,
    policy: "linux",
    requestedSize: 0,
    pluggedSizeBefore: 2 ** 40,
    pluggedSizeAfter,
    interval: [pluggedSizeAfter, pluggedSizeAfter],
    confidence: 90,
    samples: 0,
    stays: [],
    deviceBlockSize: SUBBLOCK,
    subblockSize: SUBBLOCK,
    memoryBlockSize: 2 ** 27,
    device: "virtio0",
    regionStart: 2 ** 32,
    regionSize: 2 ** 40,
    pluggedBefore: "1".repeat(CELLS),
    pluggedAfter: stays.map((isHeld) => (isHeld ? "1" : "0")).join(""),
    requests: [],
    memoryBlocks: [],
    obstacles,
    retries: [],
    migratedPages: 0,
    droppedPages: 0,
    virtualMs: 1000,
    cost: { ...counts, virtualMs: 1000 },
    notes: [],
  };
}
