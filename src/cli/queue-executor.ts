import type { Job, Queue, QueueEvents } from "bullmq";

import { InputError, shortened, visibleText } from "../input-error.js";
import type { SweepFailure } from "../sweep/judge.js";
import type { SweepJob, SweepPlan } from "../sweep/plan.js";
import {
  chunkName,
  chunkSize,
  type QueueAnswer,
  type QueueChunk,
  type QueueRun,
} from "./queue-chunk.js";
import { QueuePresence } from "./queue-presence.js";
import { placeOf, queueOf, type QueueAccess } from "./queue-redis.js";
import { QueueSilence } from "./queue-silence.js";
import type { SweepExecutor, SweepExecutorOptions } from "./sweep-executor.js";

/** How runs of a sweep are left to the workers at a queue. */
export interface QueueExecutorOptions extends SweepExecutorOptions {
  readonly access: QueueAccess;
  /** Tells a person what it waits for, in a line. */
  readonly say: (words: string) => void;
}

/** A run whose process ended so often is not tried again. */
const MOST_TRIES = 3;
/** Answers are told at once; all chunks are looked at so often, for those of which no word came. */
const LOOK_EVERY_MS = 2000;
/** Without anybody at work for so long, it says so. */
const LONELY_MS = 5000;
const RETRY_MS = 1000;
/** Another sweep on the same folder may want an answer, too. */
const KEEP_S = 3600;
/** To take back what no worker has, when it is stopped. */
const TAKE_BACK_MS = 2000;

/**
 * Leaves the runs of a sweep to workers at a queue, some runs at a time. This process alone knows
 * what is to be done and what has been: a chunk that the queue has lost is put again, and an answer
 * that comes twice is the same one.
 */
export class QueueExecutor implements SweepExecutor {
  readonly failures: SweepFailure[] = [];
  readonly #plan: SweepPlan;
  readonly #options: QueueExecutorOptions;
  /** Runs that are in no chunk, the next last. */
  #left: SweepJob[] = [];
  /** Parts of chunks whose process ended, or that the queue has lost. */
  readonly #again: (readonly SweepJob[])[] = [];
  /** At the queue, by name. */
  readonly #chunks = new Map<string, readonly SweepJob[]>();
  /** Chunks of which the queue has told that they ended. */
  readonly #ended = new Set<string>();
  readonly #tries = new Map<SweepJob, number>();
  readonly #spent = { runs: 0, ms: 0 };
  readonly #stopped = new AbortController();
  #nrDone = 0;
  #wake: () => void = () => undefined;
  #lookedAt = -Infinity;
  #busyAt = performance.now();
  readonly #silence: QueueSilence;

  constructor(plan: SweepPlan, options: QueueExecutorOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#silence = new QueueSilence(options.say);
  }

  stop(): void {
    this.#stopped.abort();
    this.#wake();
  }

  get isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  async run(jobs: readonly SweepJob[]): Promise<void> {
    if (jobs.length === 0) return;
    this.#left = [...jobs].reverse();
    const { bullmq, connection, redis } = this.#options.access;
    const name = queueOf(this.#plan.engine);
    const queue = new bullmq.Queue(name, { connection });
    const events = new bullmq.QueueEvents(name, { connection });
    const presence = new QueuePresence(redis(), "sweep", this.#plan.engine);
    queue.on("error", this.#onError);
    events.on("error", this.#onError);
    this.#hear(events);
    try {
      await Promise.race([presence.say(), this.#untilStopped()]);
      await Promise.race([this.#loop(queue, presence), this.#untilStopped()]);
    } finally {
      await Promise.race([this.#takeBack(queue), pause(TAKE_BACK_MS)]);
      presence.close();
      for (const end of [queue, events]) {
        await Promise.race([end.close().catch(() => undefined), pause(RETRY_MS)]);
      }
    }
  }

  async #loop(queue: Queue, presence: QueuePresence): Promise<void> {
    while (this.#hasMore() && !this.isStopped) {
      await this.#put(queue);
      await Promise.race([new Promise<void>((wake) => (this.#wake = wake)), pause(RETRY_MS)]);
      await this.#collect(queue);
      await this.#tellIfLonely(queue, presence);
    }
  }

  #hasMore(): boolean {
    return this.#left.length + this.#again.length + this.#chunks.size > 0;
  }

  #untilStopped(): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#stopped;
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => {
        resolve();
      });
    });
  }

  /** Keeps a little more at the queue than its workers have, however many they are. */
  async #put(queue: Queue): Promise<void> {
    const counts = await this.#asked(() => queue.getJobCounts("wait", "active"));
    const { wait = 0, active = 0 } = counts;
    const room = Math.max(active + 2 - wait, 2 - this.#chunks.size);
    const chunks: (readonly SweepJob[])[] = [];
    while (chunks.length < room) {
      const next = this.#next(active);
      if (next === undefined) break;
      chunks.push(next);
    }
    if (chunks.length === 0) return;
    const jobs = chunks.map((runs) => this.#jobOf(runs));
    await this.#asked(() => queue.addBulk(jobs));
    for (const [at, { opts }] of jobs.entries()) this.#chunks.set(opts.jobId, chunks[at] ?? []);
  }

  #next(nrActive: number): readonly SweepJob[] | undefined {
    const again = this.#again.pop();
    if (again !== undefined) return again;
    if (this.#left.length === 0) return undefined;
    const { runs, ms } = this.#spent;
    const msPerRun = runs === 0 ? undefined : ms / runs;
    const size = chunkSize({ msPerRun, nrLeft: this.#left.length, nrActive });
    return this.#left.splice(-size).reverse();
  }

  #jobOf(jobs: readonly SweepJob[]) {
    const { engine, settings } = this.#plan;
    const { subject, path } = this.#options;
    const runs = jobs.map(({ key, setting, seed }): QueueRun => ({
      key,
      setting: settings[setting] ?? {},
      seed,
    }));
    const data: QueueChunk = { engine, subject, path, runs };
    const keep = { age: KEEP_S };
    const jobId = chunkName(this.#plan, jobs);
    return { name: "runs", data, opts: { jobId, removeOnComplete: keep, removeOnFail: keep } };
  }

  #hear(events: QueueEvents): void {
    const onEnd = ({ jobId }: { jobId: string }): void => {
      if (!this.#chunks.has(jobId)) return;
      this.#ended.add(jobId);
      this.#wake();
    };
    events.on("completed", onEnd).on("failed", onEnd);
  }

  /** Takes what has ended, and finds out what the queue has lost. */
  async #collect(queue: Queue): Promise<void> {
    const isLook = performance.now() - this.#lookedAt > LOOK_EVERY_MS;
    const names = isLook ? [...this.#chunks.keys()] : [...this.#ended];
    if (isLook) this.#lookedAt = performance.now();
    this.#ended.clear();
    const states = await Promise.all(
      names.map((name) => this.#asked(() => queue.getJobState(name))),
    );
    for (const [at, name] of names.entries()) {
      const state = states[at];
      if (state === "unknown") this.#putAgain(name);
      else if (state === "completed" || state === "failed") {
        const job = await this.#asked(() => queue.getJob(name));
        if (job === undefined) this.#putAgain(name);
        else if (state === "failed") await this.#takeApart(name, job);
        else if (!this.#take(name, job.returnvalue as QueueAnswer)) {
          // else the same runs would get the same answer when they are put again
          await this.#asked(() => queueRemove(job));
        }
      }
    }
    this.#options.onProgress(new Map(), this.#nrDone);
  }

  #putAgain(name: string): void {
    const jobs = this.#chunks.get(name);
    this.#chunks.delete(name);
    if (jobs !== undefined) this.#again.push(jobs);
  }

  /** Returns whether all of its runs were made. */
  #take(name: string, { done, failed, ms }: QueueAnswer): boolean {
    const open = new Map(this.#chunks.get(name)?.map((job) => [job.key, job]));
    this.#chunks.delete(name);
    this.#busyAt = performance.now();
    this.#spent.runs += done.length + failed.length;
    this.#spent.ms += ms;
    for (const { key, figures } of done) {
      const job = open.get(key);
      if (job === undefined || !open.delete(key)) continue;
      this.#nrDone++;
      this.#options.onResult(job, figures);
    }
    for (const { key, error } of failed) {
      const job = open.get(key);
      if (job !== undefined && open.delete(key)) this.#fail(job, error);
    }
    this.#left.push(...[...open.values()].reverse());
    return open.size === 0;
  }

  /** A process ended over it, or several workers did: halving it shows which run is to blame. */
  async #takeApart(name: string, job: Job): Promise<void> {
    const jobs = this.#chunks.get(name) ?? [];
    this.#chunks.delete(name);
    this.#busyAt = performance.now();
    await this.#asked(() => queueRemove(job));
    const [only, ...others] = jobs;
    if (only === undefined) return;
    if (others.length > 0) {
      const half = Math.ceil(jobs.length / 2);
      this.#again.push(jobs.slice(half), jobs.slice(0, half));
      return;
    }
    const tries = (this.#tries.get(only) ?? 0) + 1;
    this.#tries.set(only, tries);
    if (tries < MOST_TRIES) this.#again.push(jobs);
    else {
      const reason = visibleText(shortened(job.failedReason));
      this.#fail(only, `its worker's process ended ${tries} times: ${reason}`);
    }
  }

  #fail({ setting, seed }: SweepJob, error: string): void {
    this.#nrDone++;
    this.failures.push({ setting: this.#plan.settings[setting] ?? {}, seed, error });
  }

  async #tellIfLonely(queue: Queue, presence: QueuePresence): Promise<void> {
    if (performance.now() - this.#busyAt < LONELY_MS || this.#lookedAt < this.#busyAt) return;
    this.#busyAt = Infinity;
    const active = await this.#asked(() => queue.getActiveCount());
    if (active > 0) {
      this.#busyAt = performance.now();
      return;
    }
    const engines = await presence.engines("worker");
    if (engines.includes(this.#plan.engine)) {
      this.#busyAt = performance.now();
      return;
    }
    const others =
      engines.length === 0 ? "" : `; those that are there are of ${engines.join(", ")}`;
    this.#options.say(
      `no worker of version ${this.#plan.engine} is at the queue${others}. ` +
        `virtio-mem worker --queue ${placeOf(this.#options.access.url)} starts one`,
    );
  }

  /** Asks the queue until it answers: a connection may be lost, or its disk full. */
  async #asked<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const answer = await ask();
        this.#silence.ends();
        return answer;
      } catch (error) {
        if (error instanceof InputError || error instanceof TypeError) throw error;
        this.#onError(error);
        await pause(RETRY_MS);
        if (this.isStopped) throw error;
      }
    }
  }

  readonly #onError = (error: unknown): void => {
    if (!this.isStopped) this.#silence.begins(error);
  };

  /** So that no worker begins what no sweep waits for. */
  async #takeBack(queue: Queue): Promise<void> {
    for (const name of this.#chunks.keys()) {
      // one that is under way stays
      await queue.remove(name).catch(() => undefined);
    }
  }
}

function queueRemove(job: Job): Promise<void> {
  return job.remove().catch((error: unknown) => {
    // another coordinator of the same sweep has removed it
    if (error instanceof Error && /Missing key/.test(error.message)) return;
    throw error;
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
