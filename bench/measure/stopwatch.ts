import { cpuNs } from "./cpu-clock.js";

/** CPU time of the process and wall time, in nanoseconds. */
export interface Elapsed {
  readonly cpuNs: number;
  readonly wallNs: number;
}

/** Starts now; the function that is returned says how long ago that was. */
export function stopwatch(): () => Elapsed {
  const wall = process.hrtime.bigint();
  const cpu = cpuNs();
  return () => ({ cpuNs: cpuNs() - cpu, wallNs: Number(process.hrtime.bigint() - wall) });
}
