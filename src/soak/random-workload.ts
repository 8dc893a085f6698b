import type { SeededRandom } from "../seeded-random.js";
import { timeOf } from "./random-time.js";

/** A workload or a preset as a file has it. */
type DrawnWorkload = Record<string, unknown>;

/**
 * Something that runs in the guest, without a name.
 *
 * @param nodes - NUMA nodes of the guest.
 */
export function randomWorkload(
  random: SeededRandom,
  nodes: readonly [number, ...number[]],
): DrawnWorkload {
  const make = random.pick([
    anonymous,
    anonymous,
    pageCache,
    kernel,
    random.pick([network, pins, functions, compile, frag, preset]),
  ]);
  return { ...make(random), ...lifeOf(random), ...placeOf(random, nodes) };
}

function lifeOf(random: SeededRandom): DrawnWorkload {
  const start = timeOf(random);
  return {
    start: `${start}s`,
    ...(random.chance(40) ? { stop: `${timeOf(random, Math.ceil(start) + 1) + 0.1}s` } : {}),
    ...(random.chance(30) ? { restartAfter: "2s" } : {}),
    ...(random.chance(20) ? { delay: random.pick(["100ms", "1s", "5s"]) } : {}),
    ...(random.chance(20) ? { spread: random.pick([0.1, 0.5, 0.9]) } : {}),
  };
}

function placeOf(random: SeededRandom, nodes: readonly [number, ...number[]]): DrawnWorkload {
  return random.chance(40) ? { node: random.pick(nodes) } : {};
}

function sizeOf(random: SeededRandom): string {
  return random.pick(["16MiB", "64MiB", "200MiB"]);
}

function dropsOf(random: SeededRandom): DrawnWorkload {
  return {
    ...(random.chance(30) ? { dropAt: [`${timeOf(random)}s`] } : {}),
    ...(random.chance(20) ? { dropCache: true } : {}),
  };
}

function anonymous(random: SeededRandom): DrawnWorkload {
  return {
    kind: "anonymous",
    size: sizeOf(random),
    faultRate: "100MiB",
    churnRate: random.pick(["0", "4MiB", "32MiB"]),
    ...(random.chance(20) ? { chunk: random.pick(["4KiB", "4MiB"]) } : {}),
    thpShare: random.pick([0, 0.5, 1]),
    ...(random.chance(20) ? { resize: [{ at: `${timeOf(random)}s`, size: sizeOf(random) }] } : {}),
  };
}

function pageCache(random: SeededRandom): DrawnWorkload {
  return {
    kind: "page-cache",
    size: sizeOf(random),
    readRate: "50MiB",
    dirtyShare: random.pick([0, 0.3]),
    ...dropsOf(random),
  };
}

function kernel(random: SeededRandom): DrawnWorkload {
  return {
    kind: "kernel",
    size: random.pick(["8MiB", "32MiB"]),
    type: random.pick(["slab", "reclaimable-slab", "page-table"]),
    order: random.pick([0, 0, 1, 3]),
    shortestLife: "1s",
    longestLife: "30s",
  };
}

function network(random: SeededRandom): DrawnWorkload {
  return {
    kind: "network",
    burst: "8MiB",
    order: random.pick([0, 0, 3]),
    every: random.pick(["200ms", "2s"]),
    hold: random.pick(["50ms", "100ms"]),
  };
}

function pins(random: SeededRandom): DrawnWorkload {
  return { kind: "pins", size: "16MiB", zone: random.pick(["kernel", "any"]) };
}

function functions(random: SeededRandom): DrawnWorkload {
  return { kind: "functions", size: "8MiB", every: "3s", most: 8, thpShare: random.pick([0, 1]) };
}

function compile(random: SeededRandom): DrawnWorkload {
  return {
    kind: "compile",
    jobs: 2,
    size: "32MiB",
    life: "3s",
    cachePerJob: "4MiB",
    ...dropsOf(random),
  };
}

function frag(random: SeededRandom): DrawnWorkload {
  return {
    kind: "frag",
    threads: 2,
    rounds: 3,
    share: random.pick([0.1, 0.5]),
    rate: 100_000,
    movable: random.chance(50),
  };
}

function preset(random: SeededRandom): DrawnWorkload {
  return {
    kind: random.pick(["postgres", "redis", "jvm", "build", "kubelet"]),
    size: random.pick(["64MiB", "256MiB"]),
  };
}
