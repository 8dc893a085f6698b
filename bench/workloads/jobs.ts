import { bundle } from "../measure/bundle.js";
import { jsonLines } from "../measure/child.js";
import type { Job } from "../measure/interleave.js";
import type { Round } from "../row.js";
import type { Workload } from "./workload.js";

/** How much of each workload is run: its smallest size, its usual sizes, the long ones as well. */
export type Extent = "smoke" | "usual" | "long";

/** A job per workload and size. */
export async function workloadJobs(workloads: readonly Workload[], extent: Extent): Promise<Job[]> {
  const worker = await bundle("workloads/worker.ts");
  return workloads.flatMap(({ name, sizes, largeSizes = [] }) => {
    const all = extent === "long" ? [...sizes, ...largeSizes] : sizes;
    const wanted = extent === "smoke" ? all.slice(0, 1) : all;
    return wanted.map((pages) => ({
      name: `${name}, ${pages / 2 ** 18} GiB`,
      async run() {
        const lines = await jsonLines<Round>(process.execPath, [worker, name, String(pages)]);
        return lines.map((line) => ({ ...line, contender: "core", pages }));
      },
    }));
  });
}

/** By workload as they ran first, then by size. */
export function bySize(rounds: readonly Round[], workloads: readonly Workload[]): Round[] {
  const rank = ({ workload }: Round): number =>
    workloads.findIndex(({ name }) => workload.startsWith(name));
  return rounds.toSorted(
    (a, b) => rank(a) - rank(b) || a.workload.localeCompare(b.workload) || a.pages - b.pages,
  );
}
