import type { LoadSummary } from "../core/page-loader.js";
import { PAGE_SIZE, PAGEBLOCK_PAGES } from "../core/abi.js";
import type { Guest } from "../guest/guest.js";
import type { Obstacle } from "./prediction.js";

/**
 * How sure a prediction is: which subblocks may turn out the other way. The shares were read off recorded guests and widened by
 * judgement; docs/design.md says what each rests on.
 */
const SHARES = {
  /** Subblocks held by clean buffers of a guest that has just been synced: this share may go all the same. */
  heldBufferGoes: 0.55,
  /** Subblocks with clean buffers of a running guest that count as movable: this share may stay. */
  releasedBufferStays: 0.1,
  /** Subblocks held by one or two slab pages: such slabs may be freed before the attempt. */
  fewSlabGoes: 0.3,
  /** Subblocks held by pages without flags that count as kernel memory. */
  unknownGoes: 0.05,
  /** Subblocks held by pages that count as pinned by their flags alone. */
  pinGoes: 0.1,
} as const;
const FEW_SLAB_PAGES = 2;
/** Subblocks that may change between the capture and the attempt in any guest that uses kernel zones. */
const LOW_PAD = 1;
const HIGH_PAD = 2;
/** Pages that other users may take, or leave, when memory runs out. */
const MEMORY_LOW_PAGES = 1024;
const MEMORY_HIGH_PAGES = 2048;

/** Outcome of a run, as far as the interval needs it. */
export interface RunOutcome {
  readonly requestedSize: number;
  readonly sizeBefore: number;
  readonly sizeAfter: number;
  readonly obstacles: readonly Obstacle[];
  /** The driver stopped because no memory was left. */
  readonly outOfMemory: boolean;
}

/** 90 % interval of the size that remains, and in words what makes it unsure. */
export interface Sureness {
  readonly interval: readonly [low: number, high: number];
  readonly notes: readonly string[];
}

interface Doubts {
  /** Subblocks that may go though the prediction keeps them, and such that may stay though it gives them back. */
  mayGo: number;
  mayStay: number;
  notes: string[];
}

/** @param hadKernelMemory - was any plugged memory in a kernel zone, where obstacles come and go? */
export function surenessOf(guest: Guest, outcome: RunOutcome, hadKernelMemory: boolean): Sureness {
  const { sizeAfter, sizeBefore, requestedSize } = outcome;
  if (requestedSize >= sizeBefore) return growthSureness(guest, outcome);
  const doubts: Doubts = { mayGo: 0, mayStay: 0, notes: [] };
  doubtObstacles(guest, outcome.obstacles, doubts);
  if (guest.loaded !== undefined) doubtLoad(guest.loaded, doubts);
  if (hadKernelMemory) {
    doubts.mayGo += LOW_PAD;
    doubts.mayStay += HIGH_PAD;
  }
  const { subblockSize, bigBlockSize } = guest.driver.geometry;
  const unit = bigBlockSize ?? subblockSize;
  let low = sizeAfter - (bigBlockSize === undefined ? Math.ceil(doubts.mayGo) * unit : 0);
  let stay = Math.ceil(doubts.mayStay) * subblockSize;
  if (bigBlockSize !== undefined) stay = 0;
  if (outcome.outOfMemory) {
    low -= MEMORY_LOW_PAGES * PAGE_SIZE;
    stay += MEMORY_HIGH_PAGES * PAGE_SIZE;
    doubts.notes.push("memory runs out on the way; what else the guest does then decides how far");
  }
  // what was not tried can stand in for what fails, once the wish is reached
  const held = outcome.obstacles.reduce((sum, { size }) => sum + size, 0);
  const spare = sizeAfter - requestedSize < unit ? Math.max(0, sizeAfter - held) : 0;
  const high = Math.min(sizeBefore, sizeAfter + Math.max(0, stay - spare));
  const floor = sizeAfter - requestedSize < unit ? sizeAfter : requestedSize;
  return { interval: [Math.max(floor, low), high], notes: doubts.notes };
}

/** Growing is sure unless adding memory failed for want of memory: then it is sure to a memory block. */
function growthSureness(guest: Guest, outcome: RunOutcome): Sureness {
  const { sizeAfter, sizeBefore, requestedSize, outOfMemory } = outcome;
  if (!outOfMemory) return { interval: [sizeAfter, sizeAfter], notes: [] };
  const step = 2 * guest.hotplug.memoryBlockSize;
  return {
    interval: [Math.max(sizeBefore, sizeAfter - step), Math.min(requestedSize, sizeAfter + step)],
    notes: ["adding memory fails for want of memory; what else the guest does then decides when"],
  };
}

function doubtObstacles(guest: Guest, obstacles: readonly Obstacle[], doubts: Doubts): void {
  const { loaded } = guest;
  const isGuessed = loaded !== undefined && !loaded.hasReferences;
  const count = (test: (obstacle: Obstacle) => boolean): number => obstacles.filter(test).length;
  const buffers =
    loaded !== undefined && loaded.heldBufferBlocks > 0
      ? count((obstacle) => obstacle.class === "buffer")
      : 0;
  if (buffers > 0) {
    doubts.mayGo += buffers * SHARES.heldBufferGoes;
    doubts.notes.push(
      `${buffers} subblocks are held by clean file system metadata, which the journal may let go`,
    );
  }
  const fewSlab = count(
    (obstacle) => obstacle.class === "slab" && unmovablePages(guest, obstacle) <= FEW_SLAB_PAGES,
  );
  doubts.mayGo += fewSlab * SHARES.fewSlabGoes;
  if (!isGuessed) return;
  doubts.mayGo += count((obstacle) => obstacle.class === "unknown") * SHARES.unknownGoes;
  doubts.mayGo +=
    count((obstacle) => obstacle.class === "anon" && obstacle.stage === "test") * SHARES.pinGoes;
}

function doubtLoad(loaded: LoadSummary, doubts: Doubts): void {
  const { hiddenPageblocks: hidden, releasedBufferBlocks } = loaded;
  if (hidden > 0) {
    const spread = 2 * Math.sqrt(hidden + 1) + hidden / 4;
    doubts.mayStay += hidden < 1 ? 2 * hidden : hidden + spread;
    const expected = Math.round(hidden);
    if (expected > 0) {
      doubts.notes.push(
        `about ${expected} of the subblocks that count as free may hide a kernel page: ` +
          "without flags it looks like a free page in a per-CPU cache",
      );
    }
  }
  if (releasedBufferBlocks > 0) {
    doubts.mayStay += releasedBufferBlocks * SHARES.releasedBufferStays + 1;
  }
}

function unmovablePages(guest: Guest, { offset, size }: Obstacle): number {
  const startPfn = (guest.device.addr + offset) / PAGE_SIZE;
  const nrPages = Math.ceil(size / PAGE_SIZE / PAGEBLOCK_PAGES) * PAGEBLOCK_PAGES;
  return guest.pages.countPages(startPfn, nrPages).unmovable;
}
