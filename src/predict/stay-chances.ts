import type { Prediction, StayChance } from "./prediction.js";

/** A prediction but for how likely each device block stays. */
export type PredictedRun = Omit<Prediction, "stays">;

/**
 * The chances of the device blocks that were plugged before, neighbours with equal ones as one
 * range.
 */
export function joinChances(
  { deviceBlockSize, pluggedBefore }: Pick<Prediction, "deviceBlockSize" | "pluggedBefore">,
  chanceOf: (block: number) => number,
): StayChance[] {
  const chances: StayChance[] = [];
  for (let block = 0; block < pluggedBefore.length; block++) {
    if (pluggedBefore[block] !== "1") continue;
    const probability = Math.round(chanceOf(block) * 1000) / 1000;
    const offset = block * deviceBlockSize;
    const last = chances.at(-1);
    if (last?.probability === probability && last.offset + last.size === offset) {
      chances[chances.length - 1] = { ...last, size: last.size + deviceBlockSize };
    } else {
      chances.push({ offset, size: deviceBlockSize, probability });
    }
  }
  return chances;
}
