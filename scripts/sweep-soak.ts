// Usage: npx tsx scripts/sweep-soak.ts [--runs 10000] [--kill-every 5] [--restart-every 20]
//
// A long sweep of short runs at a queue, with two workers that are killed in turn and a Redis that
// crashes and forgets all, every so many seconds. The table must be the one of a single thread,
// byte for byte. Needs redis-server, and `npm run build`.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { start, type Running } from "../test/faults/processes.js";
import { TestRedis } from "../test/faults/redis.js";

const SCENARIO = `duration: 200ms
guest: {bootMemory: 256MiB}
device: {regionSize: 256MiB, requestedSize: 256MiB}
host: [{at: 100ms, requestedSize: 0}]
workloads: [{kind: anonymous, size: 16MiB, churnRate: 100MiB}]
`;
const MOST_SEEDS = 1000;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10000" },
    "kill-every": { type: "string", default: "5" },
    "restart-every": { type: "string", default: "20" },
  },
});
const nrRuns = Number(values.runs);
const nrSettings = Math.ceil(nrRuns / MOST_SEEDS);
const sizes = Array.from({ length: nrSettings }, (_, at) => `${16 + 2 * at}MiB`);

const folder = mkdtempSync(join(tmpdir(), "virtio-mem-sweep-soak-"));
const file = join(folder, "s.yaml");
writeFileSync(file, SCENARIO);
const args = [
  ...["sweep", file, "--vary", `workloads[0].size=${sizes.join(",")}`],
  ...["--seeds", String(Math.ceil(nrRuns / nrSettings)), "--format", "csv"],
];

const redis = await TestRedis.start();
const workers = [0, 1].map(worker);
const nr = { killed: 0, restarts: 0 };
const timers = [
  setInterval(
    () => {
      const at = nr.killed++ % workers.length;
      workers[at]?.child.kill("SIGKILL");
      workers[at] = worker();
    },
    1000 * Number(values["kill-every"]),
  ),
  setInterval(
    () => {
      nr.restarts++;
      void redis.kill().then(() => redis.start());
    },
    1000 * Number(values["restart-every"]),
  ),
];
const began = performance.now();
const queued = await start([...args, "--results", join(folder, "queue"), "--queue", redis.url])
  .ended;
const seconds = (performance.now() - began) / 1000;
for (const timer of timers) clearInterval(timer);
for (const { child } of workers) child.kill("SIGKILL");
await redis.kill();
const one = await start([...args, "--results", join(folder, "one"), "--threads", "1"]).ended;
const files = readdirSync(join(folder, "queue", "results"));
const isSame = queued.status === 0 && one.status === 0 && queued.stdout === one.stdout;
process.stdout.write(
  `${files.length} results of ${one.stdout.trimEnd().split("\n").length - 1} runs in ` +
    `${seconds.toFixed(0)} s; ${nr.killed} workers killed, Redis restarted ${nr.restarts} times; ` +
    `the table is ${isSame ? "the same as" : "NOT the same as"} on one thread\n`,
);
if (isSame) rmSync(folder, { recursive: true });
else process.stdout.write(`${queued.stderr}\n${folder}\n`);
process.exitCode = isSame ? 0 : 1;

function worker(): Running {
  return start(["worker", "--queue", redis.url, "--concurrency", "1", "--lock", "2s"]);
}
