import { SeededRandom } from "../../src/seeded-random.js";

/**
 * Some of a list, drawn without putting back: all of it where `count` is more. They keep their
 * order.
 */
export function sampleOf<T>(all: readonly T[], count: number, seed: number): T[] {
  const random = new SeededRandom(seed);
  let wanted = Math.min(count, all.length);
  return all.filter((_, at) => {
    const isTaken = random.below(all.length - at) < wanted;
    if (isTaken) wanted--;
    return isTaken;
  });
}
