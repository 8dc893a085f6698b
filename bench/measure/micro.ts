import { Bench } from "tinybench";

import { cpuNs } from "./cpu-clock.js";
import { stopwatch, type Elapsed } from "./stopwatch.js";

/**
 * Calls a function that takes 10 us or more again and again, warm-up first.
 *
 * @returns what one call takes: CPU time in the median, wall time on average.
 */
export function micro(run: () => void, iterations: number): Elapsed {
  const bench = new Bench({
    now: () => cpuNs() / 1e6,
    iterations,
    time: 0,
    warmupIterations: iterations,
    warmupTime: 0,
    throws: true,
  });
  bench.add("run", run);
  const elapsed = stopwatch();
  const [task] = bench.runSync();
  const wallNs = elapsed().wallNs / (2 * iterations);
  const result = task?.result;
  if (result?.state !== "completed")
    throw new Error(`a run must complete, got ${result?.state ?? "none"}`);
  return { cpuNs: result.latency.p50 * 1e6, wallNs };
}
