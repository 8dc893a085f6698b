import { PAGE_SIZE } from "../core/abi.js";
import { Guest } from "../guest.js";
import type { CoreSource } from "../core/load.js";
import type { PolicyChoice } from "../policies/resolve-policy.js";
import { Recorder } from "./recorder.js";
import type { ScenarioEvent, Sample } from "./result.js";
import type { Scenario, ScenarioWorkload } from "./scenario.js";
import { coreWorkload } from "./workload-settings.js";

const NS_PER_MS = 1e6;
const NS_PER_US = 1000;
/** Workloads act this often, or more often where they are fast. */
const LONGEST_STEP_NS = 100 * NS_PER_MS;
const SHORTEST_STEP_NS = NS_PER_MS;

/** Pages that all workloads together may take or free in a step, so that a run can be watched and stopped. */
const PAGES_PER_STEP = 1 << 19;

interface RunningWorkload {
  readonly spec: ScenarioWorkload;
  /** Its number in the core. */
  readonly id: number;
}

/**
 * A guest that lives through a scenario on its virtual clock. Everything hangs on timers of that clock, so workloads also work, and
 * the host also changes its mind, while a run of the driver takes its time.
 */
export class Simulation {
  readonly guest: Guest;
  readonly scenario: Scenario;
  readonly samples: Sample[] = [];
  readonly events: ScenarioEvent[] = [];
  readonly workloads: readonly RunningWorkload[];
  readonly #recorder: Recorder;
  readonly #stepNs: number;
  #lastStepNs = 0;
  #isStepping = false;
  #hasPanicked = false;

  private constructor(guest: Guest, scenario: Scenario) {
    this.guest = guest;
    this.scenario = scenario;
    const { bootMemory } = scenario.guest;
    const capacity = (bootMemory + scenario.device.regionSize) / PAGE_SIZE;
    this.workloads = scenario.workloads.map((spec) => {
      const { kind, settings } = coreWorkload(spec, capacity);
      return { spec, id: guest.pages.workloads.add(kind, scenario.seed, settings) };
    });
    this.#recorder = new Recorder(
      guest,
      this.workloads.map(({ id }) => id),
    );
    this.#stepNs = stepOf(scenario);
    this.#schedule();
  }

  static async create(
    scenario: Scenario,
    policy: PolicyChoice | undefined,
    core: CoreSource | undefined,
  ): Promise<Simulation> {
    const { guest: spec, device } = scenario;
    const guest = await Guest.create({
      profile: spec.profile,
      calibration: scenario.calibration,
      bootSize: spec.bootMemory,
      memoryBlockSize: spec.memoryBlockSize,
      online: spec.online,
      driver: spec.driver,
      regionSize: device.regionSize,
      blockSize: device.blockSize,
      flavour: device.flavour,
      ...(spec.subblockSize === undefined ? {} : { subblockSize: spec.subblockSize }),
      ...(policy === undefined ? {} : { policy }),
      ...(core === undefined ? {} : { core }),
    });
    guest.pages.seedRandom(scenario.seed);
    return new Simulation(guest, scenario);
  }

  get hasPanicked(): boolean {
    return this.#hasPanicked;
  }

  /** Lets the guest live on until `ns`; a run of the driver that is under way then ends later. */
  advanceTo(ns: number): void {
    this.guest.clock.advanceTo(ns);
    this.#note();
  }

  /** A last sample of how it stands. */
  finish(): void {
    this.#sample();
  }

  #schedule(): void {
    const { scenario } = this;
    if (scenario.device.requestedSize > 0)
      this.#at(0, () => {
        this.#order(scenario.device.requestedSize);
      });
    for (const { atNs, requestedSize } of scenario.host) {
      this.#at(atNs, () => {
        this.#order(requestedSize);
      });
    }
    for (const workload of this.workloads) {
      this.#at(workload.spec.startNs, () => {
        this.#start(workload);
      });
      const { stopNs } = workload.spec;
      if (stopNs !== undefined)
        this.#at(stopNs, () => {
          this.#stop(workload);
        });
    }
    if (this.workloads.length > 0)
      this.#every(this.#stepNs, () => {
        this.#step();
      });
    this.#at(0, () => {
      this.#sample();
    });
    this.#every(scenario.record.everyNs, () => {
      this.#sample();
    });
  }

  #at(ns: number, action: () => void): void {
    this.guest.clock.setTimer(ns, () => {
      if (!this.#hasPanicked) action();
    });
  }

  /** At every multiple of `ns` until the end. */
  #every(ns: number, action: () => void, next = ns): void {
    if (next > this.scenario.durationNs) return;
    this.guest.clock.setTimer(next, () => {
      if (this.#hasPanicked) return;
      action();
      this.#every(ns, action, next + ns);
    });
  }

  #order(requestedSize: number): void {
    this.#add({ type: "order", atMs: this.guest.clock.nowMs, requestedSize });
    this.guest.requestSize(requestedSize);
  }

  #start({ spec, id }: RunningWorkload): void {
    this.#step();
    this.guest.pages.workloads.start(id);
    this.#add({ type: "workload-start", atMs: this.guest.clock.nowMs, workload: spec.name });
  }

  #stop({ spec, id }: RunningWorkload): void {
    this.#step();
    this.guest.pages.workloads.stop(id);
    this.#add({ type: "workload-stop", atMs: this.guest.clock.nowMs, workload: spec.name });
  }

  /** Lets the workloads do what the time since the last step allows. */
  #step(): void {
    const { clock, pages } = this.guest;
    const us = Math.floor((clock.nowNs - this.#lastStepNs) / NS_PER_US);
    if (us <= 0 || this.#isStepping) return;
    this.#isStepping = true;
    this.#lastStepNs += us * NS_PER_US;
    for (const { id } of this.workloads) pages.workloads.run(id, us);
    this.#isStepping = false;
    this.#noteKills();
  }

  #noteKills(): void {
    const { clock, pages } = this.guest;
    const nameOf = (id: number): string =>
      this.workloads.find((workload) => workload.id === id)?.spec.name ?? "";
    for (const { victim, requester, pages: freed, order } of pages.workloads.takeOomKills()) {
      this.#add({
        type: "oom-kill",
        atMs: clock.nowMs,
        victim: nameOf(victim),
        requester: nameOf(requester),
        size: freed * PAGE_SIZE,
        order,
      });
    }
    if (!pages.workloads.hasPanicked || this.#hasPanicked) return;
    this.#hasPanicked = true;
    this.#add({ type: "panic", atMs: clock.nowMs, why: "out of memory and no killable processes" });
  }

  #sample(): void {
    this.#step();
    this.#note();
    this.samples.push(this.#recorder.sample());
  }

  /** What the driver has written down since the last look. */
  #note(): void {
    for (const event of this.#recorder.read()) this.#add(event);
  }

  #add(event: ScenarioEvent): void {
    this.events.push(event);
  }

  get recorder(): Recorder {
    return this.#recorder;
  }
}

/** The fastest workload decides how often all of them act. */
function stepOf({ workloads }: Scenario): number {
  const pagesPerSecond = workloads.reduce(
    (sum, { faultRate, churnRate }) => sum + (faultRate + churnRate) / PAGE_SIZE,
    0,
  );
  const us = Math.floor((PAGES_PER_STEP / Math.max(1, pagesPerSecond)) * 1e6);
  return Math.min(Math.max(us * NS_PER_US, SHORTEST_STEP_NS), LONGEST_STEP_NS);
}
