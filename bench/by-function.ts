// Usage: npx tsx bench/by-function.ts <workload> <pages> <more pages>
//
// Which functions the machine instructions of a workload are in, those of the core by name. Counted
// under valgrind, as the difference of two sizes, so that neither a busy machine nor what it costs
// to start disturbs it. Needs valgrind; takes minutes.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { namedCore } from "../scripts/build/core.js";
import { bundle } from "./measure/bundle.js";
import { underValgrind } from "./measure/valgrind.js";
import { markdownTable } from "./table.js";
import type { Result } from "./workloads/workload.js";

const SHOWN = 30;

interface Profile {
  readonly instructions: ReadonlyMap<string, number>;
  readonly results: readonly Result[];
}

const [workload, fewer, more] = process.argv.slice(2);
if (workload === undefined || !(Number(fewer) < Number(more))) {
  throw new Error("a workload and two numbers of pages are needed, the smaller one first");
}
const worker = await bundle("workloads/worker.ts", await namedCore());
const short = profile(workload, Number(fewer));
const long = profile(workload, Number(more));
const differences = [...long.instructions].map(
  ([name, count]) => [name, count - (short.instructions.get(name) ?? 0)] as const,
);
const total = differences.reduce((sum, [, count]) => sum + count, 0);
const rows = differences
  .sort(([, one], [, other]) => other - one)
  .slice(0, SHOWN)
  .map(([name, count]) => [name, String(count), `${((count / total) * 100).toFixed(1)} %`]);
console.log(markdownTable(["function", "instructions", "share"], rows));
for (const [index, { workload, ops }] of long.results.entries()) {
  console.log(`${workload}: ${ops - short.results[index]!.ops} operations more`);
}

function profile(workload: string, pages: number): Profile {
  const folder = mkdtempSync(join(tmpdir(), "virtio-mem-instructions-"));
  try {
    const counts = join(folder, "callgrind.out");
    const { stdout, stderr } = underValgrind(
      ["--tool=callgrind", "--dump-instr=yes", `--callgrind-out-file=${counts}`],
      [
        ...[process.execPath, "--no-liftoff", "--single-threaded", "--perf-basic-prof"],
        ...[worker, workload, String(pages)],
      ],
    );
    const [, pid] = /==(\d+)==/.exec(stderr) ?? [];
    // V8 writes the names of what it compiles there, and nowhere else
    const map = `/tmp/perf-${pid}.map`;
    const names = compiledNames(readFileSync(map, "utf8"));
    rmSync(map);
    const lines = stdout.trim().split("\n");
    return {
      instructions: byFunction(readFileSync(counts, "utf8"), names),
      results: lines.map((line) => JSON.parse(line) as Result),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The name of the compiled function at an address, if there is one. */
type NameAt = (address: number) => string | undefined;

/** Of lines "address size name", both numbers hexadecimal. */
function compiledNames(map: string): NameAt {
  const functions = map
    .trim()
    .split("\n")
    .map((line) => {
      const [start = "", size = "", ...words] = line.split(" ");
      const name = words.join(" ").replace(/ file:.*/, "");
      return { start: parseInt(start, 16), size: parseInt(size, 16), name };
    })
    .sort((one, other) => one.start - other.start);
  return (address) => {
    let low = 0;
    let high = functions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (functions[middle]!.start <= address) low = middle + 1;
      else high = middle;
    }
    const found = functions[low - 1];
    return found && address < found.start + found.size ? found.name : undefined;
  };
}

/**
 * Adds callgrind's counts up. A line of costs begins with an address, or with its distance to the
 * one before, or with * for the same; the line after "calls=" has what a call cost inside, which is
 * counted there.
 */
function byFunction(counts: string, nameAt: NameAt): Map<string, number> {
  const sums = new Map<string, number>();
  let address = 0;
  let isCall = false;
  for (const line of counts.split("\n")) {
    if (line.startsWith("calls=")) {
      isCall = true;
    } else if (/^(0x|[+\-*])/.test(line)) {
      const [position = "", , cost] = line.split(" ");
      if (position.startsWith("0x")) address = Number(position);
      else if (position !== "*") address += Number(position);
      if (!isCall) {
        const name = nameAt(address) ?? "V8 and what it calls";
        sums.set(name, (sums.get(name) ?? 0) + Number(cost));
      }
      isCall = false;
    }
  }
  return sums;
}
