import type { Guest } from "../guest/guest.js";
import type { Obstacle } from "./prediction.js";

/** Outcome of a run, as far as the doubts about it go. */
export interface RunOutcome {
  readonly requestedSize: number;
  readonly sizeBefore: number;
  readonly sizeAfter: number;
  readonly obstacles: readonly Obstacle[];
  /** The driver stopped because no memory was left. */
  readonly outOfMemory: boolean;
}

/**
 * Growing is sure unless adding memory failed for want of memory: then it is sure to two memory
 * blocks.
 */
export function growthInterval(
  guest: Guest,
  { sizeAfter, sizeBefore, requestedSize, outOfMemory }: RunOutcome,
): readonly [low: number, high: number] {
  if (requestedSize < sizeBefore || !outOfMemory) return [sizeAfter, sizeAfter];
  const step = 2 * guest.hotplug.memoryBlockSize;
  return [Math.max(sizeBefore, sizeAfter - step), Math.min(requestedSize, sizeAfter + step)];
}

/** What makes the answer unsure, in words. */
export function doubtNotes(guest: Guest, outcome: RunOutcome): string[] {
  const { requestedSize, sizeBefore, outOfMemory, obstacles } = outcome;
  if (requestedSize >= sizeBefore) {
    return outOfMemory
      ? ["adding memory fails for want of memory; what else the guest does then decides when"]
      : [];
  }
  const notes = loadNotes(guest, obstacles);
  // a huge page of 1 GiB ends the run for want of another one, whatever else the guest does
  if (outOfMemory && !obstacles.some(({ class: pageClass }) => pageClass === "gigantic")) {
    notes.push(
      "migration runs out of memory; how far the run gets depends on what else the guest does",
    );
  }
  return notes;
}

function loadNotes({ loaded }: Guest, obstacles: readonly Obstacle[]): string[] {
  if (loaded === undefined) return [];
  const notes: string[] = [];
  const buffers = obstacles.filter((obstacle) => obstacle.class === "buffer").length;
  if (loaded.heldBufferBlocks > 0 && buffers > 0) {
    notes.push(
      `${buffers} subblocks are held by clean file system metadata, which the journal may let go`,
    );
  }
  if (loaded.hiddenPins > 0) {
    notes.push(
      `about ${loaded.hiddenPins} more pages are pinned, by I/O or a pipe, and look like other pages ` +
        "of programs: each holds the subblock that it is in, but which one cannot be told",
    );
  }
  notes.push(...(loaded.listDifferences ?? []));
  const hidden = Math.round(loaded.hiddenPageblocks);
  if (hidden > 0) {
    notes.push(
      `about ${hidden} of the subblocks that count as free may hide a kernel page: ` +
        "without flags it looks like a free page in a per-CPU cache",
    );
  }
  return notes;
}
