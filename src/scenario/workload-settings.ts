import { PAGE_SIZE } from "../core/abi.js";
import { WorkloadKindNumber } from "../core/guest-workloads.js";
import type { ScenarioWorkload } from "./scenario.js";

const pages = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE);

/** The core's kind of a workload, and its settings in the order of the core's numbers. */
export function coreWorkload(
  workload: ScenarioWorkload,
  capacityPages: number,
): { readonly kind: WorkloadKindNumber; readonly settings: readonly number[] } {
  return {
    kind: WorkloadKindNumber.anonymous,
    settings: [
      pages(workload.size),
      pages(workload.faultRate),
      pages(workload.churnRate),
      pages(workload.chunk),
      Math.round(workload.thpShare * 1000),
      capacityPages,
    ],
  };
}
