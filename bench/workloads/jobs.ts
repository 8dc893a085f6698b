import { PAGE_SIZE } from "../../src/core.js";
import { bundle } from "../measure/bundle.js";
import { jsonLines } from "../measure/child.js";
import { COMPILERS, compileNative } from "../contenders/native.js";
import type { Job } from "../measure/interleave.js";
import type { Round } from "../row.js";
import { sizeText } from "../units.js";
import type { Workload } from "./workload.js";

/** How much of each workload is run: its smallest size, its usual sizes, the long ones as well. */
export type Extent = "smoke" | "usual" | "long";

/** A job per workload, size and contender. A contender whose compiler fails is absent. */
export async function workloadJobs(
  workloads: readonly Workload[],
  extent: Extent,
  say: (line: string) => void,
): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const workload of workloads) {
    const { name, native, worker = "workloads/worker.ts" } = workload;
    const program = await bundle(worker);
    for (const pages of sizesOf(workload, extent)) {
      jobs.push(job(workload, "core", pages, process.execPath, [program, name]));
    }
    if (native !== undefined) jobs.push(...nativeJobs(workload, native, extent, say));
  }
  return jobs;
}

function sizesOf({ sizes, largeSizes = [] }: Workload, extent: Extent): readonly number[] {
  if (extent === "smoke") return sizes.slice(0, 1);
  return extent === "long" ? [...sizes, ...largeSizes] : sizes;
}

function nativeJobs(
  workload: Workload,
  name: string,
  extent: Extent,
  say: (line: string) => void,
): Job[] {
  return COMPILERS.flatMap((compiler) => {
    const contender = `native-${compiler}`;
    const program = compileNative(name, compiler);
    if ("error" in program) {
      say(`${workload.name}: ${contender} is absent: ${program.error}`);
      return [];
    }
    return sizesOf(workload, extent).map((pages) =>
      job(workload, contender, pages, program.path, []),
    );
  });
}

function job(
  { name }: Workload,
  contender: string,
  pages: number,
  command: string,
  args: readonly string[],
): Job {
  return {
    name: `${name}, ${sizeText(pages * PAGE_SIZE)}, ${contender}`,
    async run() {
      const lines = await jsonLines<Round>(command, [...args, String(pages)]);
      return lines.map((line) => ({ ...line, contender, pages }));
    },
  };
}

/** Says where contenders disagree on what came out. */
export function assertSameResults(rounds: readonly Round[]): void {
  const seen = new Map<string, Round>();
  for (const round of rounds) {
    const key = `${round.workload} ${round.pages}`;
    const other = seen.get(key) ?? round;
    seen.set(key, other);
    if (other.checksum === round.checksum) continue;
    throw new Error(
      `${round.workload}: ${round.contender} gives ${round.checksum ?? "none"}, ${other.contender} ${other.checksum ?? "none"}`,
    );
  }
}

/** By workload as they ran first, then by size. */
export function bySize(rounds: readonly Round[], workloads: readonly Workload[]): Round[] {
  const rank = ({ workload }: Round): number =>
    workloads.findIndex(({ name }) => workload.startsWith(name));
  return rounds.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      a.workload.localeCompare(b.workload) ||
      a.pages - b.pages ||
      a.contender.localeCompare(b.contender),
  );
}
