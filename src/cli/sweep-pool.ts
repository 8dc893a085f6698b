import { Worker } from "node:worker_threads";

import type { SweepJob, SweepPlan } from "../sweep/plan.js";
import type { SweepFailure } from "../sweep/judge.js";
import { assertRoomForThreads } from "./address-space.js";
import { StopFlag } from "./command-link.js";
import type { SweepExecutor, SweepExecutorOptions } from "./sweep-executor.js";
import type { SweepOrder } from "./sweep-run.js";
import type { SweepAnswer, SweepWorkerData } from "./sweep-worker.js";

/** How runs of a sweep are worked off on this machine. */
export interface SweepPoolOptions extends SweepExecutorOptions {
  /** The file of the command, which its threads run as well. */
  readonly main: string;
  readonly nrThreads: number;
}

/**
 * Runs of a sweep on several threads of this machine. A thread that dies takes only its own run
 * with it: that one is a failure, and another thread goes on.
 */
export class SweepPool implements SweepExecutor {
  readonly failures: SweepFailure[] = [];
  readonly #plan: SweepPlan;
  readonly #options: SweepPoolOptions;
  readonly #stop = new StopFlag();
  readonly #shares = new Map<SweepJob, number>();
  #waiting: SweepJob[] = [];
  #nrDone = 0;

  constructor(plan: SweepPlan, options: SweepPoolOptions) {
    this.#plan = plan;
    this.#options = options;
  }

  /** Runs under way end as well. */
  stop(): void {
    this.#waiting = [];
    this.#stop.ask();
  }

  get isStopped(): boolean {
    return this.#stop.isAsked;
  }

  /** @throws what `onResult` throws; UsageError where there is no room for the threads. */
  async run(jobs: readonly SweepJob[]): Promise<void> {
    this.#waiting = [...jobs].reverse();
    const nrThreads = Math.min(this.#options.nrThreads, jobs.length);
    assertRoomForThreads(nrThreads);
    await Promise.all(Array.from({ length: nrThreads }, () => this.#work()));
  }

  /** One thread after the other, until nothing is left. */
  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const worker = this.#worker();
      try {
        for (let job = this.#waiting.pop(); job !== undefined; job = this.#waiting.pop()) {
          if (!(await this.#runOn(worker, job))) break;
        }
      } catch (error) {
        this.stop();
        throw error;
      } finally {
        await worker.terminate();
      }
    }
  }

  #worker(): Worker {
    const { main, subject, path } = this.#options;
    const data: SweepWorkerData = { isSweepWorker: true, subject, path, stop: this.#stop.buffer };
    const worker = new Worker(main, { workerData: data });
    // a thread that dies between two runs is found out by the next
    return worker.on("error", () => undefined);
  }

  /** Returns whether the thread is good for another run. */
  async #runOn(worker: Worker, job: SweepJob): Promise<boolean> {
    const setting = this.#plan.settings[job.setting] ?? {};
    const order: SweepOrder = { setting, seed: job.seed };
    const answer = await this.#answerOf(worker, job, order);
    this.#shares.delete(job);
    this.#nrDone++;
    if (answer.type === "done") this.#options.onResult(job, answer.figures);
    else if (answer.type === "failed") {
      this.failures.push({ setting, seed: job.seed, error: answer.error });
    }
    this.#options.onProgress(this.#shares, this.#nrDone);
    return answer.type !== "failed" || !answer.hasDied;
  }

  #answerOf(
    worker: Worker,
    job: SweepJob,
    order: SweepOrder,
  ): Promise<SweepAnswer & { readonly hasDied?: boolean }> {
    return new Promise((resolve) => {
      const died = (words: string): void => {
        end({ type: "failed", error: words, hasDied: true });
      };
      const onMessage = (answer: SweepAnswer): void => {
        if (answer.type === "share") {
          this.#shares.set(job, answer.share);
          this.#options.onProgress(this.#shares, this.#nrDone);
        } else end(answer);
      };
      const onError = (error: unknown): void => {
        died(`its thread ended: ${error instanceof Error ? error.message : String(error)}`);
      };
      const onExit = (): void => {
        died("its thread ended");
      };
      const end = (answer: SweepAnswer & { readonly hasDied?: boolean }): void => {
        worker.off("message", onMessage).off("error", onError).off("exit", onExit);
        resolve(answer);
      };
      worker.on("message", onMessage).on("error", onError).on("exit", onExit);
      worker.postMessage(order);
    });
  }
}
