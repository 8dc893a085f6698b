import { GIB, type Workload } from "./workload.js";

/**
 * The built package is imported in a fresh process, and a guest of 1 GiB made: its program is
 * start-worker.ts.
 */
export const start: Workload = {
  name: "start",
  operation: "import, compile, first guest of 1 GiB",
  sizes: [GIB],
  worker: "workloads/start-worker.ts",
  run() {
    throw new Error("start must run in a process of its own");
  },
};
