import { Hold } from "./abi.js";
import { check } from "./answer.js";
import { fail } from "./kernel-error.js";
import type { Core } from "./load.js";
import { optionError, shown } from "../input-error.js";

/** STATE_* in assembly/workload/table.ts, by number. */
export const WORKLOAD_STATES: readonly WorkloadState[] = ["new", "running", "stopped", "killed"];
/** What a workload is doing. */
export type WorkloadState = "new" | "running" | "stopped" | "killed";

/**
 * A kind of workload as the core knows it: WORKLOAD_* and the settings of its file in
 * assembly/workload/.
 *
 * @typeParam S - Names of the settings.
 */
export interface CoreWorkload<S extends string = string> {
  /** Number of the kind. */
  readonly number: number;
  /** Number of each setting, by name. */
  readonly settings: Readonly<Record<S, number>>;
}

/** A workload now. */
export interface WorkloadLook {
  /** What it is doing. */
  readonly state: WorkloadState;
  /** Pages that it has; of one that was stopped, what it has left in the page cache. */
  readonly pages: number;
  /** The most pages that it ever had, at any moment. */
  readonly peakPages: number;
  /** How often it was started, and killed for lack of memory. */
  readonly starts: number;
  /** How often it was killed for lack of memory. */
  readonly kills: number;
  /** Chunks that it got so far, and chunks that were not to be had. */
  readonly taken: number;
  /** Chunks that were not to be had. */
  readonly failed: number;
}

/** The OOM killer has ended a workload. */
export interface OomKill {
  /** Number of the workload that was killed. */
  readonly victim: number;
  /** Whose request it was. */
  readonly requester: number;
  /** Pages that the victim had. */
  readonly pages: number;
  /** Order of the request that could not be served. */
  readonly order: number;
}

/** NODE in assembly/workload/table.ts: a setting that all kinds have. @internal */
export const NODE_SETTING = 31;

const OOM_WORDS = 4;
const MAX_STEP_US = 60_000_000;

/**
 * Programs and kernel parts of a guest, which take and free its pages inside the core: workloads
 * are named by number, sizes are pages.
 */
export class GuestWorkloads {
  readonly #core: Core;

  /** @internal */
  constructor(core: Core) {
    this.#core = core;
  }

  /**
   * Adds a workload that has not started.
   *
   * @typeParam S - Names of the settings.
   * @param kind - What the workload does; `coreWorkload()` has the kinds of scenarios.
   * @param seed - Seed of its random choices, 0 to 2^32 - 1.
   * @param settings - A value for each setting of the kind, a whole number below 2^32.
   * @param node - NUMA node whose memory it prefers, 0 to 15. Default: 0.
   * @returns its number, 0 to 63, which the other methods take.
   * @throws CapacityError if there are 64 already; RangeError if a setting is no whole number below
   *   2^32.
   */
  add<S extends string>(
    kind: CoreWorkload<S>,
    seed: number,
    settings: Readonly<Record<S, number>>,
    node = 0,
  ): number {
    const workload = this.#core.addWorkload(kind.number, seed);
    if (workload < 0) fail(workload, "add a workload");
    for (const [name, index] of Object.entries<number>(kind.settings)) {
      this.#set(workload, index, name, settings[name as S]);
    }
    this.#set(workload, NODE_SETTING, "node", node);
    return workload;
  }

  /**
   * How many pages a program wants to have from its next step on: whole, below 2^32.
   *
   * @param workload - Number of a workload whose first setting is what it wants, as of `anonymous`.
   * @param pages - Pages that it wants to have, a whole number below 2^32.
   * @throws RangeError if `pages` is no such number.
   */
  resize(workload: number, pages: number): void {
    this.#set(workload, 0, "pages", pages);
  }

  #set(workload: number, index: number, name: string, value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
      throw optionError(`${name} must be a whole number below 2^32, got ${shown(value)}`);
    }
    check(this.#core.setWorkload(workload, index, value), "set up a workload");
  }

  /**
   * Starts a workload, or starts it again after it was stopped or killed.
   *
   * @param workload - Number from {@link add}.
   * @throws KernelError if there is no such workload, or it runs already.
   */
  start(workload: number): void {
    check(this.#core.beginWorkload(workload), "start a workload");
  }

  /**
   * Ends a workload. What it has is freed, but what it has left in the page cache stays there: it
   * is clean, and goes when memory is needed or {@link dropCaches} is called.
   *
   * @param workload - Number from {@link add}.
   * @throws KernelError if there is no such workload.
   */
  stop(workload: number): void {
    check(this.#core.endWorkload(workload), "stop a workload");
  }

  /**
   * Lets a workload work for a while.
   *
   * @param workload - Number from {@link add}.
   * @param us - Virtual microseconds to work for.
   * @throws CapacityError if the core's memory is exhausted.
   */
  run(workload: number, us: number): void {
    for (let left = us; left > 0; left -= MAX_STEP_US) {
      check(this.#core.runWorkload(workload, Math.min(left, MAX_STEP_US)), "run a workload");
    }
  }

  /**
   * Clean pages of files that it has left in the page cache go.
   *
   * @param workload - Number from {@link add}.
   * @throws KernelError if there is no such workload.
   */
  dropCaches(workload: number): void {
    check(this.#core.dropWorkloadCaches(workload), "drop the caches of a workload");
  }

  /**
   * Pins up to `pages` random movable pages of a workload. Returns how many.
   *
   * @param workload - Number from {@link add}.
   * @param pages - Pages to pin.
   * @returns Pages that were pinned: fewer where it has fewer movable ones.
   * @throws KernelError if there is no such workload.
   */
  pin(workload: number, pages: number): number {
    const pinned = this.#core.holdWorkload(workload, pages, Hold.Pinned) | 0;
    check(pinned, "pin pages of a workload");
    return pinned;
  }

  /**
   * Releases all pinned pages of a workload.
   *
   * @param workload - Number from {@link add}.
   * @throws KernelError if there is no such workload.
   */
  unpin(workload: number): void {
    check(this.#core.holdWorkload(workload, 0, Hold.None) | 0, "unpin pages of a workload");
  }

  /**
   * Rounds that a workload of kind `frag` has finished.
   *
   * @param workload - Number from {@link add}.
   * @throws KernelError if there is no such workload.
   */
  rounds(workload: number): number {
    const rounds = this.#core.workloadRounds(workload) | 0;
    check(rounds, "look at the rounds of a workload");
    return rounds;
  }

  /**
   * How a workload stands now.
   *
   * @param workload - Number from {@link add}.
   * @throws KernelError if there is no such workload.
   */
  look(workload: number): WorkloadLook {
    const state = this.#core.lookAtWorkload(workload);
    check(state, "look at a workload");
    const { buffer } = this.#core.memory;
    const [pages = 0, starts = 0, kills = 0, peakPages = 0] = new Uint32Array(
      buffer,
      this.#core.scratch(),
      4,
    );
    const [taken = 0n, failed = 0n] = new BigUint64Array(buffer, this.#core.scratch() + 16, 2);
    return {
      state: WORKLOAD_STATES[state] ?? "new",
      pages,
      peakPages,
      starts,
      kills,
      taken: Number(taken),
      failed: Number(failed),
    };
  }

  /** What the OOM killer has done since the last call; of more than 64 kills the first 64. */
  takeOomKills(): OomKill[] {
    const nr = Math.min(this.#core.takeOomEvents() >>> 0, 64);
    const words = new Uint32Array(this.#core.memory.buffer, this.#core.scratch(), nr * OOM_WORDS);
    const kills: OomKill[] = [];
    for (let at = 0; at < words.length; at += OOM_WORDS) {
      const [victim = 0, requester = 0, pages = 0, order = 0] = words.subarray(at, at + OOM_WORDS);
      kills.push({ victim, requester, pages, order });
    }
    return kills;
  }

  /** Memory was out and nothing was left to kill: Linux panics. */
  get hasPanicked(): boolean {
    return this.#core.hasPanicked() !== 0;
  }

  /**
   * Pageblocks of the range that workloads have written to since this was last asked.
   *
   * @param firstBlock - Number of the first pageblock: its first pfn divided by 512.
   * @param nrBlocks - Pageblocks of the range.
   * @throws KernelError if the range leaves the pfn space.
   */
  takeTouched(firstBlock: number, nrBlocks: number): number {
    const found = this.#core.takeTouched(firstBlock, nrBlocks) | 0;
    check(found, "look for touched pageblocks");
    return found;
  }
}
