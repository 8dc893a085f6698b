import type { Worker } from "bullmq";

import { visibleText } from "../input-error.js";
import { QueuePresence } from "./queue-presence.js";
import { queueOf, type QueueAccess } from "./queue-redis.js";
import { QueueSilence } from "./queue-silence.js";
import { UsageError } from "./usage-error.js";

/** How a worker works. */
export interface QueueWorkerOptions {
  readonly access: QueueAccess;
  /** Version and build, of whose sweeps it makes runs. */
  readonly engine: string;
  /** Processes, each with a chunk at a time. */
  readonly concurrency: number;
  /** A worker that is silent for so long has lost its chunks to others. */
  readonly lockMs: number;
  /** Ends when there was nothing to do for so long; undefined: never. */
  readonly idleMs: number | undefined;
  /** The file that its processes run. */
  readonly processor: URL;
  /** Tells a person what happens, in a line. */
  readonly say: (words: string) => void;
}

const LOOK_EVERY_MS = 500;
const STRANGERS_EVERY_MS = 5000;
const RETRY_MS = 1000;

/** Works off runs of sweeps, until it is stopped or has been idle for long. */
export class QueueWorker {
  readonly #options: QueueWorkerOptions;
  readonly #presence: QueuePresence;
  readonly #stopped = new AbortController();
  #nrActive = 0;
  #idleSince = performance.now();
  readonly #silence: QueueSilence;
  #strangers = "";

  constructor(options: QueueWorkerOptions) {
    this.#options = options;
    this.#silence = new QueueSilence(options.say);
    const { access, engine } = options;
    this.#presence = new QueuePresence(access.redis(), "worker", engine);
  }

  /** Ends it with the runs that are done; the others go back to their sweep. */
  stop(): void {
    this.#stopped.abort();
  }

  /** Whether it was stopped. */
  get isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** @throws UsageError where only sweeps of other versions wait. */
  async run(): Promise<void> {
    try {
      await this.#refuseStrangers();
      await this.#presence.say();
      const worker = this.#worker();
      try {
        await this.#untilOver();
      } finally {
        worker.cancelAllJobs("stopped");
        await worker.close();
      }
    } finally {
      this.#presence.close();
    }
  }

  #worker(): Worker {
    const { access, engine, concurrency, lockMs, processor } = this.#options;
    const worker = new access.bullmq.Worker(queueOf(engine), processor, {
      connection: access.connection,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs,
      runRetryDelay: RETRY_MS,
    });
    return worker
      .on("active", () => {
        this.#nrActive++;
        this.#silence.ends();
      })
      .on("completed", this.#onEnd)
      .on("failed", this.#onEnd)
      .on("ready", () => {
        this.#silence.ends();
      })
      .on("error", (error) => {
        if (!this.isStopped) this.#silence.begins(error);
      });
  }

  readonly #onEnd = (): void => {
    this.#nrActive = Math.max(0, this.#nrActive - 1);
    this.#idleSince = performance.now();
    this.#silence.ends();
  };

  async #untilOver(): Promise<void> {
    const { idleMs = Infinity } = this.#options;
    let lookedAt = performance.now();
    while (!this.#stopped.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      const now = performance.now();
      if (this.#nrActive > 0) continue;
      if (now - this.#idleSince > idleMs) return;
      if (now - lookedAt < STRANGERS_EVERY_MS) continue;
      lookedAt = now;
      const strangers = await this.#sweepsOfOthers();
      if (strangers !== this.#strangers && strangers !== "")
        this.#options.say(wordsOf(strangers, this.#options));
      this.#strangers = strangers;
    }
  }

  async #refuseStrangers(): Promise<void> {
    const strangers = await this.#sweepsOfOthers();
    if (strangers !== "") throw new UsageError(wordsOf(strangers, this.#options));
  }

  /** Versions of the sweeps that are there, where none is of this worker's. */
  async #sweepsOfOthers(): Promise<string> {
    const engines = await this.#presence.engines("sweep");
    return engines.includes(this.#options.engine) ? "" : engines.join(", ");
  }
}

function wordsOf(strangers: string, { engine }: QueueWorkerOptions): string {
  return `a worker must be of the sweep's version ${visibleText(strangers)}, got ${engine}: nothing is taken`;
}
