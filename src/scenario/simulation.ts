import { Migratetype, PAGE_SIZE, PAGEBLOCK_ORDER, PageClass } from "../core/abi.js";
import type { CoreSource } from "../core/load.js";
import { KernelError } from "../core/kernel-error.js";
import { brokenRuleOf } from "../guest/broken-rule.js";
import { Guest } from "../guest/guest.js";
import { profileFor } from "../guest/profile-from-capture.js";
import type { ResizeView } from "../policies/resize-controller.js";
import type { MemoryNotifier } from "../linux/linux-memory.js";
import type { OnlineSettings } from "../linux/online-policy.js";
import type { PolicyChoice } from "../policies/choice/resolve-policy.js";
import { hyperAllocRequest } from "../policies/builtin/hyperalloc.js";
import { bootSizeOf } from "./guest-size.js";
import { Recorder } from "./recorder.js";
import type { Sample, ScenarioEvent } from "./result.js";
import type { Controller, Fault, Scenario } from "./scenario.js";
import { ScenarioHost } from "./scenario-host.js";
import { ScenarioTimers } from "./timers.js";
import { WorkloadRunner } from "./workload-runner.js";
import { nsOf } from "../units.js";
import { actionsOf } from "./workload/index.js";

/** Pages of programs and files that can be busy when they are to be moved. */
const BUSY_CLASSES = [
  PageClass.Anon,
  PageClass.Thp,
  PageClass.Shmem,
  PageClass.FileClean,
  PageClass.FileDirty,
];
/**
 * Pages of a per-CPU cache's refill, and most that it keeps, as Linux 6.1 sets them on large zones.
 */
const CACHE_BATCH = 63;
const CACHE_HIGH = 6 * CACHE_BATCH;

/** Asked before the driver, which then hears that it is called off. */
const REFUSAL_PRIORITY = 1;
const REFUSES_OFFLINE: MemoryNotifier = {
  goingOnline: () => true,
  online: () => undefined,
  cancelOnline: () => undefined,
  goingOffline: () => false,
  offline: () => undefined,
  cancelOffline: () => undefined,
  pluggedRuns: () => undefined,
  memoryGroup: () => undefined,
};
/** Between two looks of who waits for the lock. */
const LOCK_WAIT_NS = 1_000_000;

/**
 * A guest that lives through a scenario on its virtual clock. Everything hangs on timers of that
 * clock, so workloads also work, and the host also changes its mind, while a run of the driver
 * takes its time.
 */
export class Simulation {
  readonly scenario: Scenario;
  readonly samples: Sample[] = [];
  readonly events: ScenarioEvent[] = [];
  readonly workloads: WorkloadRunner;
  readonly recorder: Recorder;
  readonly #hosts: readonly ScenarioHost[];
  readonly #timers: ScenarioTimers;
  #guest: Guest;
  #snapshotIsDue = false;
  #refusals = 0;
  #endRefusal: (() => void) | undefined;

  private constructor(guest: Guest, scenario: Scenario, hosts: readonly ScenarioHost[]) {
    this.#guest = guest;
    this.scenario = scenario;
    this.#hosts = hosts;
    this.#timers = new ScenarioTimers(guest.clock);
    this.#serve();
    const tell = (event: ScenarioEvent): void => {
      this.events.push(event);
    };
    if (scenario.start === undefined) takeKernelMemory(guest, scenario.guest.kernelMemory);
    if (scenario.guest.cachedCpus > 0) {
      for (const { id } of guest.zones.all()) {
        guest.pages.setCache(id, scenario.guest.cachedCpus, CACHE_BATCH, CACHE_HIGH);
      }
    }
    this.workloads = new WorkloadRunner(guest, scenario, this.#timers, tell);
    const names = scenario.devices.map(({ name }) => name);
    this.recorder = new Recorder(guest, names, this.workloads, tell);
    this.#schedule();
  }

  static async create(
    scenario: Scenario,
    policy: PolicyChoice | undefined,
    core: CoreSource | undefined,
  ): Promise<Simulation> {
    const hosts = scenario.devices.map((device, at) => new ScenarioHost(scenario, device, at));
    const guest = await guestOf(scenario, hosts, policy, core);
    guest.pages.seedRandom(scenario.seed);
    return new Simulation(guest, scenario, hosts);
  }

  /** The guest that lives now: another one after each snapshot. */
  get guest(): Guest {
    return this.#guest;
  }

  get hasPanicked(): boolean {
    return this.workloads.hasPanicked;
  }

  /** What of the guest's own rules does not hold now, in words; undefined where all do. Slow. */
  brokenRule(): string | undefined {
    return brokenRuleOf(
      this.guest,
      this.#hosts.some(({ hasFailed }) => hasFailed),
    );
  }

  /**
   * Saves the whole guest and goes on with the one that is restored from it, if a fault has asked
   * for that; between two events, because it loads a core.
   *
   * @returns whether there is another guest now.
   * @throws Error if the restored one is not the one that was saved.
   */
  async takeSnapshot(): Promise<boolean> {
    if (!this.#snapshotIsDue) return false;
    this.#snapshotIsDue = false;
    const saved = this.#guest;
    const before = saved.snapshot();
    const guest = await saved.fork({ hosts: this.#hosts });
    assertEqual(before, guest.snapshot());
    guest.clock.stopWhen = saved.clock.stopWhen;
    this.#guest = guest;
    this.#serve();
    this.workloads.takeUp(guest);
    this.recorder.takeUp(guest);
    this.#timers.moveTo(guest.clock);
    if (this.#refusals > 0) this.#setRefusal();
    return true;
  }

  /** Lets the guest live on until `ms`; a run of the driver that is under way then ends later. */
  advanceTo(ms: number): void {
    this.guest.advanceTo(ms);
  }

  /** A last sample of how it stands, if time has passed since the one before. */
  finish(): void {
    if (this.samples.at(-1)?.atMs !== this.guest.clock.nowMs) this.#sample();
  }

  #serve(): void {
    for (const [at, host] of this.#hosts.entries()) {
      const device = this.#guest.devices[at]?.device;
      if (device !== undefined) host.serve(this.#guest, device);
    }
  }

  #schedule(): void {
    const { scenario, workloads } = this;
    for (const [device, { requestedSize }] of scenario.devices.entries()) {
      // a captured guest has what was requested of it
      if (requestedSize > 0 && scenario.start === undefined)
        this.#at(0, () => {
          this.#order(requestedSize, device);
        });
    }
    for (const { atMs, requestedSize, device } of scenario.host) {
      this.#at(atMs, () => {
        this.#order(requestedSize, device);
      });
    }
    for (const [index, spec] of scenario.workloads.entries()) {
      this.#at(spec.startMs, () => {
        workloads.start(index);
      });
      if (spec.stopMs !== undefined)
        this.#at(spec.stopMs, () => {
          workloads.stop(index);
        });
      for (const action of actionsOf(spec)) {
        this.#at(action.atMs, () => {
          if (action.type === "resize") workloads.resize(index, action.size);
          else workloads.dropCaches(index);
        });
      }
    }
    for (const fault of scenario.faults) this.#scheduleFault(fault);
    if (workloads.count > 0)
      this.#every(workloads.stepMs, 0, () => {
        workloads.step();
        for (const { driver } of this.guest.devices) driver.noticeFreed();
      });
    this.#schedulePolicy();
    for (const controller of scenario.controllers) this.#scheduleController(controller);
    this.#at(0, () => {
      this.#sample();
    });
    this.#every(scenario.record.everyMs, 0, () => {
      this.#sample();
    });
  }

  #scheduleFault(fault: Fault): void {
    const { atMs, untilMs, kind } = fault;
    this.#at(atMs, () => {
      this.#setFault(fault, true);
      this.events.push({ type: "fault", atMs: this.guest.clock.nowMs, kind, begins: true });
    });
    if (untilMs === undefined) return;
    this.#at(untilMs, () => {
      this.#setFault(fault, false);
      this.events.push({ type: "fault", atMs: this.guest.clock.nowMs, kind, begins: false });
    });
  }

  #setFault(fault: Fault, begins: boolean): void {
    if (fault.kind === "pins") {
      if (begins) this.workloads.pin(fault.workload, fault.size);
      else this.workloads.unpin(fault.workload);
      return;
    }
    if (fault.kind === "busy-pages") {
      for (const pageClass of BUSY_CLASSES) {
        this.guest.pages.setHoldProbability(pageClass, begins ? fault.share : 0);
      }
      return;
    }
    if (fault.kind === "drop-caches") {
      if (begins) this.workloads.dropAllCaches();
      return;
    }
    if (fault.kind === "offline-refused") {
      this.#refuseOffline(begins);
      return;
    }
    if (fault.kind === "snapshot") {
      this.#snapshotIsDue = true;
      return;
    }
    const host = this.#hosts[fault.device];
    const device = this.guest.devices[fault.device]?.device;
    if (host === undefined || device === undefined) return;
    if (fault.kind === "memory-block-state") {
      this.#writeState(fault.device, fault.memoryBlock, fault.state);
      return;
    }
    if (fault.kind === "save-restore") {
      device.restore(device.snapshot());
      return;
    }
    if (fault.kind === "plug-fails") {
      if (begins) host.failShares.push(fault.share);
      else host.failShares.splice(host.failShares.indexOf(fault.share), 1);
      return;
    }
    const change = begins ? 1 : -1;
    if (fault.kind === "device-busy") host.busy += change;
    else if (fault.kind === "host-out-of-memory") host.outOfMemory += change;
    else device.migrating = begins;
  }

  /** Counts how many faults refuse it now; the notifier is there once. */
  #refuseOffline(begins: boolean): void {
    this.#refusals += begins ? 1 : -1;
    if (this.#refusals === 1 && begins) {
      this.#setRefusal();
    } else if (this.#refusals === 0) {
      this.#endRefusal?.();
      this.#endRefusal = undefined;
    }
  }

  #setRefusal(): void {
    this.#endRefusal = this.guest.hotplug.registerNotifier(REFUSES_OFFLINE, REFUSAL_PRIORITY);
  }

  /** As a write to `state` in sysfs: it waits for the memory hotplug lock, which the driver has. */
  #writeState(index: number, number: number, state: OnlineSettings["autoOnline"]): void {
    const { hotplug, clock, devices } = this.guest;
    const device = devices[index]?.device;
    if (device === undefined) return;
    if (devices.some(({ driver }) => driver.isRunning)) {
      this.#timers.set(clock.nowNs + LOCK_WAIT_NS, () => {
        this.#writeState(index, number, state);
      });
      return;
    }
    const id = Math.floor(device.addr / hotplug.memoryBlockSize) + number;
    if ((number + 1) * hotplug.memoryBlockSize > device.regionSize) return;
    if (state === "offline") hotplug.offlineMemoryBlock(id);
    else hotplug.onlineMemoryBlock(id, state);
    for (const { driver } of devices) driver.run();
  }

  #scheduleController(controller: Controller): void {
    this.#every(controller.everyMs, controller.startMs, () => {
      if (this.guest.clock.nowMs > controller.stopMs) return;
      const device = this.guest.devices[controller.device]?.device;
      if (device === undefined) return;
      const { freeHugeSize } = resizeView(this.guest, this.scenario);
      const { step, least, most } = controller;
      const wanted = hyperAllocRequest(device.requestedSize, freeHugeSize, step);
      const requestedSize = Math.min(Math.max(wanted, least), most);
      if (requestedSize !== device.requestedSize) this.#order(requestedSize, controller.device);
    });
  }

  /** The policy's own controller, on the first device. */
  #schedulePolicy(): void {
    const { controller } = this.guest.policy;
    if (controller === undefined) return;
    this.#every(controller.periodMs, 0, () => {
      const { device } = this.guest;
      const wanted = controller.decide(resizeView(this.guest, this.scenario));
      const blocks = Math.floor(Math.max(0, wanted) / device.blockSize);
      const size = Math.min(device.regionSize, blocks * device.blockSize);
      if (size !== device.requestedSize) this.#order(size, 0);
    });
  }

  #at(ms: number, action: () => void): void {
    this.#timers.set(nsOf(ms), () => {
      if (!this.hasPanicked) action();
    });
  }

  /** Every `periodMs` from `fromMs` on, until the end. */
  #every(periodMs: number, fromMs: number, action: () => void): void {
    const [periodNs, endNs] = [nsOf(periodMs), nsOf(this.scenario.durationMs)];
    const armAfter = (lastNs: number): void => {
      const nextNs = lastNs + periodNs;
      if (nextNs > endNs) return;
      this.#timers.set(nextNs, () => {
        if (this.hasPanicked) return;
        action();
        armAfter(nextNs);
      });
    };
    armAfter(nsOf(fromMs));
  }

  #order(requestedSize: number, device: number): void {
    const { name } = this.scenario.devices[device] ?? { name: "" };
    this.events.push({ type: "order", atMs: this.guest.clock.nowMs, device: name, requestedSize });
    try {
      this.guest.requestSize(requestedSize, device);
    } catch (error) {
      // real devices refuse some orders; the host then goes on
      if (!(error instanceof KernelError)) throw error;
      const atMs = this.guest.clock.nowMs;
      this.events.push({ type: "refused", atMs, device: name, requestedSize, why: error.message });
    }
  }

  #sample(): void {
    this.workloads.step();
    this.samples.push(this.recorder.sample());
  }
}

/** @throws Error if a restored guest is not, bit for bit, the one that was saved. */
function assertEqual(saved: ArrayBuffer, restored: ArrayBuffer): void {
  const [one, other] = [new Uint8Array(saved), new Uint8Array(restored)];
  const at = one.length === other.length ? one.findIndex((byte, at) => byte !== other[at]) : 0;
  if (at < 0) return;
  const what = `${one.length} bytes, another ${other.length}, from byte ${at} on`;
  throw new Error(`a restored guest must be the one that was saved, got: ${what}`);
}

/** The guest of a scenario, as it has booted or as it was captured. */
async function guestOf(
  scenario: Scenario,
  hosts: readonly ScenarioHost[],
  policy: PolicyChoice | undefined,
  core: CoreSource | undefined,
): Promise<Guest> {
  const { guest: spec, calibration, start } = scenario;
  const given = {
    calibration,
    ...(policy === undefined ? {} : { policy }),
    ...(core === undefined ? {} : { core }),
  };
  const [first] = hosts;
  if (start !== undefined) {
    const { profile } = profileFor(start, {});
    return Guest.fromCapture(start, {
      ...given,
      ...(profile.name === spec.profile ? {} : { profile: spec.profile }),
      ...(first === undefined ? {} : { host: first }),
    });
  }
  return Guest.create({
    ...given,
    profile: spec.profile,
    bootRanges: spec.bootRanges,
    memoryBlockSize: spec.memoryBlockSize,
    online: spec.online,
    driver: spec.driver,
    devices: scenario.devices.map(({ regionSize, blockSize, flavour, node }, at) => {
      const host = hosts[at];
      return { regionSize, blockSize, flavour, node, ...(host === undefined ? {} : { host }) };
    }),
    ...(spec.subblockSize === undefined ? {} : { subblockSize: spec.subblockSize }),
  });
}

function resizeView({ clock, device, pages, zones }: Guest, { guest }: Scenario): ResizeView {
  let free = 0;
  let huge = 0;
  for (const { id } of zones.all()) {
    const chunks = pages.freeChunks(id);
    free += pages.freePages(id);
    for (let order = PAGEBLOCK_ORDER; order < chunks.length; order++) {
      huge += (chunks[order] ?? 0) * 2 ** order;
    }
  }
  return {
    nowMs: clock.nowMs,
    bootSize: bootSizeOf(guest),
    regionSize: device.regionSize,
    blockSize: device.blockSize,
    requestedSize: device.requestedSize,
    pluggedSize: device.pluggedSize,
    freeSize: free * PAGE_SIZE,
    freeHugeSize: huge * PAGE_SIZE,
  };
}

/** Takes what the kernel has for itself: unmovable, from the boot memory. */
function takeKernelMemory({ pages, zones }: Guest, bytes: number): void {
  const wanted = bytes / PAGE_SIZE;
  const request = {
    order: 0,
    type: Migratetype.Unmovable,
    pageClass: PageClass.Kernel,
    kind: "Normal" as const,
    node: zones.all()[0]?.node ?? 0,
  };
  pages.allocBulk(wanted, request, []);
}
