import { PAGE_SIZE } from "../core/abi.js";
import type { WorkloadLook } from "../core/guest-workloads.js";
import type { Guest } from "../guest/guest.js";
import { capacityOf } from "./guest-size.js";
import type { ScenarioEvent } from "./result.js";
import type { Scenario } from "./scenario.js";
import type { ScenarioTimers } from "./timers.js";
import { coreSettings, coreWorkload, pagesPerSecond } from "./workload/index.js";
import type { ScenarioWorkload } from "./workload/kinds.js";
import { nsOf, NS_PER_MS } from "../units.js";
import { optionError } from "../input-error.js";

const NS_PER_US = 1000;
/** Workloads act this often, or more often where they are fast. */
const LONGEST_STEP_MS = 100;
const SHORTEST_STEP_MS = 1;
/**
 * Pages that all workloads together may take or free in a step, so that a run can be watched and
 * stopped.
 */
const PAGES_PER_STEP = 1 << 19;

interface RunningWorkload {
  readonly spec: ScenarioWorkload;
  /** Its number in the core. */
  readonly id: number;
  /** Rounds of `frag` that were seen. */
  rounds: number;
}

/** The workloads of a scenario in the guest's core: who runs when, and what becomes of them. */
export class WorkloadRunner {
  readonly #timers: ScenarioTimers;
  #guest: Guest;
  readonly #workloads: readonly RunningWorkload[];
  readonly #tell: (event: ScenarioEvent) => void;
  /** Time between two steps. */
  readonly stepMs: number;
  #lastStepNs = 0;
  #isStepping = false;
  #hasPanicked = false;

  /** @param tell - gets what happens, when it happens. */
  constructor(
    guest: Guest,
    scenario: Scenario,
    timers: ScenarioTimers,
    tell: (event: ScenarioEvent) => void,
  ) {
    this.#guest = guest;
    this.#timers = timers;
    this.#tell = tell;
    const normal = guest.zones.all().find(({ kind }) => kind === "Normal");
    const surroundings = {
      capacityPages: capacityOf(scenario) / PAGE_SIZE,
      normalPages: normal === undefined ? 0 : normal.present,
    };
    this.#workloads = scenario.workloads.map((spec) => {
      const settings = coreSettings(spec, surroundings);
      const kind = coreWorkload(spec.kind);
      const id = guest.pages.workloads.add(kind, scenario.seed, settings, spec.node);
      return { spec, id, rounds: 0 };
    });
    this.stepMs = stepOf(scenario.workloads);
  }

  /** Goes on in the guest that was restored from a snapshot, whose core has the same workloads. */
  takeUp(guest: Guest): void {
    this.#guest = guest;
  }

  get count(): number {
    return this.#workloads.length;
  }

  get hasPanicked(): boolean {
    return this.#hasPanicked;
  }

  look(): WorkloadLook[] {
    return this.#workloads.map(({ id }) => this.#guest.pages.workloads.look(id));
  }

  start(index: number): void {
    this.step();
    const { spec, id } = this.#at(index);
    this.#guest.pages.workloads.start(id);
    this.#tell({ type: "workload-start", atMs: this.#nowMs, workload: spec.name });
  }

  stop(index: number): void {
    this.step();
    const { spec, id } = this.#at(index);
    this.#guest.pages.workloads.stop(id);
    this.#tell({ type: "workload-stop", atMs: this.#nowMs, workload: spec.name });
    if ("dropCache" in spec && spec.dropCache) this.dropCaches(index);
  }

  /** It wants to have another size from now on. */
  resize(index: number, bytes: number): void {
    this.step();
    this.#guest.pages.workloads.resize(this.#at(index).id, Math.ceil(bytes / PAGE_SIZE));
  }

  dropCaches(index: number): void {
    this.step();
    const { spec, id } = this.#at(index);
    this.#guest.pages.workloads.dropCaches(id);
    this.#tell({ type: "drop-caches", atMs: this.#nowMs, workload: spec.name });
  }

  /** A program in the guest writes to drop_caches: the clean pages of all workloads' files go. */
  dropAllCaches(): void {
    this.step();
    for (const { id } of this.#workloads) this.#guest.pages.workloads.dropCaches(id);
  }

  /** Pins random pages; returns how many bytes. */
  pin(index: number, bytes: number): number {
    this.step();
    const pages = Math.ceil(bytes / PAGE_SIZE);
    return this.#guest.pages.workloads.pin(this.#at(index).id, pages) * PAGE_SIZE;
  }

  unpin(index: number): void {
    this.step();
    this.#guest.pages.workloads.unpin(this.#at(index).id);
  }

  /** Lets the workloads do what the time since the last step allows. */
  step(): void {
    const { clock, pages } = this.#guest;
    const us = Math.floor((clock.nowNs - this.#lastStepNs) / NS_PER_US);
    if (us <= 0 || this.#isStepping) return;
    this.#isStepping = true;
    this.#lastStepNs += us * NS_PER_US;
    for (const workload of this.#workloads) {
      pages.workloads.run(workload.id, us);
      if (workload.spec.kind === "frag") this.#noteRound(workload);
    }
    this.#isStepping = false;
    this.#noteKills();
  }

  get #nowMs(): number {
    return this.#guest.clock.nowMs;
  }

  #at(index: number): RunningWorkload {
    const workload = this.#workloads[index];
    if (workload === undefined) throw optionError(`there is no workload ${index}`);
    return workload;
  }

  #noteRound(workload: RunningWorkload): void {
    const { pages, zones } = this.#guest;
    const rounds = pages.workloads.rounds(workload.id);
    if (rounds === workload.rounds) return;
    workload.rounds = rounds;
    const zone = zones.all().find(({ kind }) => kind === "Normal");
    if (zone === undefined || rounds === 0) return;
    const chunks = pages.freeChunks(zone.id);
    this.#tell({
      type: "frag-round",
      atMs: this.#nowMs,
      workload: workload.spec.name,
      round: rounds - 1,
      freePages: pages.freePages(zone.id),
      freeHugePages: (chunks[9] ?? 0) + 2 * (chunks[10] ?? 0),
      moves: pages.compactionMoves(zone.id),
    });
  }

  #noteKills(): void {
    const { pages, clock } = this.#guest;
    for (const { victim, requester, pages: freed, order } of pages.workloads.takeOomKills()) {
      const index = this.#workloads.findIndex(({ id }) => id === victim);
      const { spec } = this.#at(index);
      this.#tell({
        type: "oom-kill",
        atMs: this.#nowMs,
        victim: spec.name,
        requester: this.#workloads.find(({ id }) => id === requester)?.spec.name ?? "",
        size: freed * PAGE_SIZE,
        order,
      });
      const { restartAfterMs, stopMs } = spec;
      if (restartAfterMs === undefined) continue;
      const restartNs = clock.nowNs + nsOf(restartAfterMs);
      if (stopMs === undefined || restartNs < nsOf(stopMs)) {
        this.#timers.set(restartNs, () => {
          this.#restart(index);
        });
      }
    }
    if (!pages.workloads.hasPanicked || this.#hasPanicked) return;
    this.#hasPanicked = true;
    this.#tell({
      type: "panic",
      atMs: this.#nowMs,
      why: "out of memory and no killable processes",
    });
  }

  #restart(index: number): void {
    const { id } = this.#at(index);
    if (!this.#hasPanicked && this.#guest.pages.workloads.look(id).state === "killed") {
      this.start(index);
    }
  }
}

/** The fastest workload decides how often all of them act. */
function stepOf(workloads: readonly ScenarioWorkload[]): number {
  const sum = workloads.reduce((all, workload) => all + pagesPerSecond(workload), 0);
  const us = Math.floor((PAGES_PER_STEP / Math.max(1, sum)) * 1e6);
  return Math.min(Math.max((us * NS_PER_US) / NS_PER_MS, SHORTEST_STEP_MS), LONGEST_STEP_MS);
}
