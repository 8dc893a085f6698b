// The kinds of workloads: a line each, after its import.

import { WORKLOAD_ANONYMOUS, anonymous } from "./anonymous";
import { WORKLOAD_COMPILE, compile } from "./compile";
import { WORKLOAD_FRAG, frag } from "./frag";
import { WORKLOAD_FUNCTIONS, functions } from "./functions";
import { IS_UNKNOWN } from "./kind";
import { WORKLOAD_KERNEL, kernel } from "./kernel";
import { WORKLOAD_NETWORK, network } from "./network";
import { WORKLOAD_PAGE_CACHE, pageCache } from "./page-cache";
import { WORKLOAD_PINS, pins } from "./pins";
import { WorkloadAddr } from "../mm/numbers";

/**
 * Asks a workload's kind a question of kind.ts. `false` where the kind has nothing to say.
 */
// prettier-ignore
export function askKind(kind: u32, at: WorkloadAddr, question: u32, elapsedUs: u32): bool {
  switch (kind) {
    case WORKLOAD_ANONYMOUS: return anonymous(at, question, elapsedUs);
    case WORKLOAD_PAGE_CACHE: return pageCache(at, question, elapsedUs);
    case WORKLOAD_KERNEL: return kernel(at, question, elapsedUs);
    case WORKLOAD_NETWORK: return network(at, question, elapsedUs);
    case WORKLOAD_PINS: return pins(at, question, elapsedUs);
    case WORKLOAD_FUNCTIONS: return functions(at, question, elapsedUs);
    case WORKLOAD_COMPILE: return compile(at, question, elapsedUs);
    case WORKLOAD_FRAG: return frag(at, question, elapsedUs);
    default: return question == IS_UNKNOWN;
  }
}
