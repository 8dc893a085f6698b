import { RandomDraws } from "../predict/random-draws.js";
import { capacityOf } from "./guest-size.js";
import type { Scenario } from "./scenario.js";
import { spreadOver } from "./workload/index.js";

/** Far apart for workloads beside each other. */
const STRIDE = 0x9e3779b9;

/**
 * The scenario as its seed draws it: when workloads start that say `delay`, and sizes, rates and
 * lifetimes of those that say `spread`. A workload that says neither is as written.
 */
export function drawn(scenario: Scenario): Scenario {
  const { seed } = scenario;
  const capacity = capacityOf(scenario);
  const workloads = scenario.workloads.map((workload, at) => {
    const { startMs, delayMs, spread } = workload;
    if (spread === 0 && delayMs === 0) return workload;
    const draws = new RandomDraws(seed + STRIDE * (at + 1));
    const start = startMs + Math.floor(delayMs * draws.uniform());
    const factor = (): number => 1 + spread * (2 * draws.uniform() - 1);
    return { ...spreadOver(workload, factor, capacity), startMs: start };
  });
  return { ...scenario, workloads };
}
