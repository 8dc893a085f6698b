import type { Command } from "commander";
import { availableParallelism } from "node:os";

import { parseDuration } from "../units.js";
import { engineHash } from "./engine-hash.js";
import { EXIT_INTERRUPTED } from "./exit-status.js";
import { openQueue, placeOf } from "./queue-redis.js";
import { QueueWorker } from "./queue-worker.js";
import { countFlag } from "./count-flag.js";
import { say } from "./say.js";
import { untilSignal, type Stoppable } from "./until-signal.js";
import { UsageError } from "./usage-error.js";

interface WorkerFlags {
  readonly queue: string;
  readonly concurrency?: string;
  readonly lock: string;
  readonly idle?: string;
}

const LEAST_LOCK_MS = 1000;
/** From a signal on until it ends in any case. */
const STOP_MS = 10_000;

/** @param main - The URL of the command. */
export function registerWorker(program: Command, main: URL): void {
  program
    .command("worker")
    .description("make runs of sweeps that wait at a queue")
    .requiredOption("--queue <url>", "a Redis or Valkey, such as redis://127.0.0.1:6379")
    .option("--concurrency <number>", "runs at a time, each in a process (default: one per CPU)")
    .option("--idle <time>", "end when there was nothing to do for so long (default: never)")
    .option("--lock <time>", "who is silent for so long has lost its runs to other workers", "30s")
    .action((flags: WorkerFlags) => runWorker(flags, main));
}

async function runWorker(flags: WorkerFlags, main: URL): Promise<void> {
  const concurrency = countFlag(flags.concurrency, "--concurrency", 1024) ?? availableParallelism();
  const lockMs = parseDuration(flags.lock, "--lock");
  if (lockMs < LEAST_LOCK_MS) throw new UsageError(`--lock must be at least 1s, got ${flags.lock}`);
  const idleMs = flags.idle === undefined ? undefined : parseDuration(flags.idle, "--idle");
  const engine = engineHash(new URL("..", main));
  const access = await openQueue(flags.queue);
  const processor = new URL("queue-processor.js", main);
  const worker = new QueueWorker({ access, engine, concurrency, lockMs, idleMs, processor, say });
  const work: Stoppable = {
    get isStopped() {
      return worker.isStopped;
    },
    stop: () => {
      worker.stop();
      // a process of it that does not even start is not waited for
      setTimeout(() => process.exit(EXIT_INTERRUPTED), STOP_MS).unref();
    },
  };
  say(`works for sweeps of version ${engine} at ${placeOf(flags.queue)}, ${concurrency} at a time`);
  await untilSignal(work, () => worker.run());
  if (worker.isStopped) process.exitCode = EXIT_INTERRUPTED;
}
