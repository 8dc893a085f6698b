// Usage: npx tsx scripts/build/main.ts js && npx tsx bench/sweep.ts [runs of the short scenario]
//
// What a sweep costs beside its runs: CPU seconds of `virtio-mem sweep --threads 1` as a process,
// against those of a process that makes the same runs in a bare loop. CPU time, so that a busy
// machine hardly matters. Short runs show what a result costs to keep.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { markdownTable } from "./table.js";

const ROOT = join(import.meta.dirname, "..");
const SHORT = `duration: 2s
device: {regionSize: 1GiB, requestedSize: 1GiB}
host: [{at: 1s, requestedSize: 0}]
workloads: [{kind: anonymous, size: 64MiB, churnRate: 10MiB}]
`;
const LONG = join(ROOT, "examples/scenarios/safe-ratio.yaml");

const folder = mkdtempSync(join(tmpdir(), "virtio-mem-sweep-rate-"));
const short = join(folder, "short.yaml");
writeFileSync(short, SHORT);
const rows = [
  measured("1 GiB for 2 s", short, Number(process.argv[2] ?? 400)),
  measured("safe-ratio.yaml", LONG, 4),
];
rmSync(folder, { recursive: true });
process.stdout.write(
  `${markdownTable(["scenario", "runs", "bare loop", "sweep", "rate"], rows)}\n`,
);

function measured(name: string, file: string, runs: number): string[] {
  const loop = `
    import { readFileSync } from "node:fs";
    import { parseScenario, runScenarioJob } from ${JSON.stringify(join(ROOT, "dist/index.js"))};
    const scenario = parseScenario(readFileSync(${JSON.stringify(file)}, "utf8"), "s");
    for (let seed = 1; seed <= ${runs}; seed++) await runScenarioJob(scenario, seed);
  `;
  const bare = cpuSeconds(["--input-type=module", "-e", loop]);
  const args = ["sweep", file, "--seeds", String(runs), "--threads", "1", "--format", "csv"];
  const results = join(folder, name.replaceAll(/\W/g, "-"));
  const sweep = cpuSeconds([join(ROOT, "dist/cli/main.js"), ...args, "--results", results]);
  return [
    name,
    String(runs),
    `${bare.toFixed(2)} s`,
    `${sweep.toFixed(2)} s`,
    `${((100 * bare) / sweep).toFixed(0)} %`,
  ];
}

/** CPU seconds of a process of Node.js, all its threads together. */
function cpuSeconds(args: readonly string[]): number {
  const print = `process.on("exit",()=>{const{user,system}=process.cpuUsage();require("fs").writeSync(2,"\\ncpu "+(user+system))})`;
  const preload = join(folder, "cpu.cjs");
  writeFileSync(preload, `if(require("worker_threads").isMainThread)${print}`);
  const { status, stderr } = spawnSync(process.execPath, ["--require", preload, ...args], {
    encoding: "utf8",
  });
  const cpu = /\ncpu (\d+)$/.exec(stderr)?.[1];
  if (status !== 0 || cpu === undefined) throw new Error(`the process failed: ${stderr}`);
  return Number(cpu) / 1e6;
}
