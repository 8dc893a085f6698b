import { CASE_ADDR, type VectorCase, type VectorLine } from "./directed-cases.js";
import { SeededRandom } from "../seeded-random.js";
import type { VirtioMemDevice } from "../virtio-mem/device/device.js";
import { MiB } from "../units.js";

/**
 * A case of `count` random steps; the same seed gives the same. Half of the ranges are drawn from
 * what is plugged or free, so that many requests are acknowledged; the rest from anywhere.
 */
export function randomCase(seed: number, count: number): VectorCase {
  const random = new SeededRandom(seed);
  const regionSize = random.pick([128, 512, 1024, 4096]) * MiB;
  return {
    name: `random-${seed}`,
    regionSize,
    blockSize: 2 * MiB,
    *steps(device) {
      for (let i = 0; i < count; i++) yield randomLine(random, device());
    },
  };
}

function randomLine(random: SeededRandom, device: VirtioMemDevice): VectorLine {
  const { nbBlocks, blockSize } = device;
  if (random.chance(6)) {
    const odd = random.chance(5) ? blockSize / 2 : 0;
    return { req: "requested-size", size: random.below(nbBlocks + 2) * blockSize + odd };
  }
  if (random.chance(1)) return { req: "UNPLUG_ALL" };
  if (random.chance(0.5)) return { req: random.pick(["system_reset", "device_reset"]) };
  if (random.chance(0.2)) return { req: `raw${random.below(8)}`, off: 0, nb_blocks: 1 };
  if (device.health !== "working" && random.chance(20)) return { req: "device_reset" };
  const req = random.pick(["PLUG", "PLUG", "UNPLUG", "UNPLUG", "STATE"]);
  const [start, count] = random.chance(50)
    ? runOf(random, device, req === "UNPLUG")
    : [random.below(nbBlocks + 2) - 1, random.pick([1, 1, 2, 8, 64, random.below(nbBlocks + 2)])];
  if (random.chance(1)) {
    const far = BigInt(random.below(2 ** 32)) << 32n;
    return { req, off: String(far - BigInt(CASE_ADDR)), nb_blocks: random.below(65536) };
  }
  const odd = random.chance(2) ? blockSize / 2 : 0;
  return { req, off: start * blockSize + odd, nb_blocks: Math.min(count, 65535) };
}

/** A part of a run of plugged, or of unplugged, device blocks. */
function runOf(
  random: SeededRandom,
  device: VirtioMemDevice,
  plugged: boolean,
): [start: number, count: number] {
  const usable = device.usableRegionSize / device.blockSize;
  const from = random.below(Math.max(1, usable));
  for (let i = 0; i < usable; i++) {
    const start = (from + i) % usable;
    if (!device.isAll(start, 1, plugged)) continue;
    const limit = random.pick([1, 3, 20, 200]);
    let count = 1;
    while (count < limit && start + count < usable && device.isAll(start + count, 1, plugged)) {
      count++;
    }
    return [start, count];
  }
  return [from, 1];
}
