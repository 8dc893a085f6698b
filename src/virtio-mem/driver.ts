import type { Timer, VirtualClock } from "../clock.js";
import { Errno } from "../errno.js";
import type { EventLog, RunTrigger } from "../event-log.js";
import type { LinuxMemory } from "../linux/linux-memory.js";
import type { DriverProfile, LinuxProfile } from "../linux/profile.js";
import { BigBlockMode } from "./big-block-mode.js";
import type { VirtioMemDevice } from "./device.js";
import { DeviceLink } from "./device-link.js";
import type { DriverMemoryBlock, DriverMode } from "./driver-mode.js";
import { driverGeometry, type DriverGeometry, type DriverParameters } from "./driver-parameters.js";
import { LINUX_POLICIES } from "./linux-policies.js";
import { MemorySteps } from "./memory-steps.js";
import { OfflineLimit } from "./offline-limit.js";
import { MAX_NB_BLOCKS } from "./protocol.js";
import { explainResult, isRetried, NACK_LIMIT } from "./run-result.js";
import { SubBlockMode } from "./sub-block-mode.js";
import type { SubblockSummary, UnplugPolicy } from "./unplug-policy.js";
import { WorkQueue } from "./work-queue.js";

const NS_PER_MS = 1_000_000;

export interface VirtioMemDriverOptions {
  readonly device: VirtioMemDevice;
  readonly memory: LinuxMemory;
  /** Where everything is written down; its clock is the driver's. */
  readonly log: EventLog;
  readonly profile: LinuxProfile;
  readonly parameters?: DriverParameters;
  /** How sub-block mode unplugs. Default: the policy of the profile. */
  readonly policy?: UnplugPolicy;
  /** Virtual nanoseconds that a request to the device takes. Default: 0. */
  readonly requestNs?: number;
  /** The work queue shared by all drivers of a guest. Default: one of its own. */
  readonly workQueue?: WorkQueue;
  /** A look at the pages of `count` subblocks, for policies that look before they try. */
  readonly sense?: (startPfn: number, nrPages: number, count: number) => SubblockSummary;
}

/**
 * The virtio-mem driver of a Linux guest: brings the plugged size to what the device requests, as
 * far as the guest's memory allows (driver.md).
 *
 * It does not act by itself: a config change, an onlined memory block or its own retry timer only
 * queue work, and {@link run} does it. The retry timer calls {@link run} when the clock is moved
 * past it.
 */
export class VirtioMemDriver {
  readonly geometry: DriverGeometry;
  readonly policy: UnplugPolicy;
  readonly #profile: DriverProfile;
  readonly #link: DeviceLink;
  readonly #log: EventLog;
  readonly #clock: VirtualClock;
  readonly #mode: DriverMode;
  readonly #workQueue: WorkQueue;
  readonly #work = (): void => {
    this.#runOnce();
  };
  #queuedBy: RunTrigger | undefined;
  #isRunning = false;
  #isBroken = false;
  #needsUnplugAll = false;
  #retryTimer: Timer | undefined;
  #retryMs: number;

  private constructor(options: VirtioMemDriverOptions) {
    const { device, memory, log, profile, parameters = {}, requestNs = 0 } = options;
    this.#profile = profile.driver;
    this.#log = log;
    this.#clock = log.clock;
    this.#workQueue = options.workQueue ?? new WorkQueue();
    this.#retryMs = profile.driver.retry.minimumMs;
    this.policy = options.policy ?? LINUX_POLICIES[profile.driver.unplugPolicy];
    this.geometry = driverGeometry(
      profile.driver,
      parameters,
      device.blockSize,
      memory.memoryBlockSize,
    );
    this.#link = new DeviceLink(device, log.clock, profile.driver, requestNs);
    this.#mode = this.#createMode(options);
    memory.registerNotifier(this.#mode);
    device.onConfigChange(() => {
      this.handleConfigChange();
    });
  }

  /**
   * Loads the driver into a guest that knows nothing of the device's memory. What is plugged
   * nevertheless is left over from an earlier life: the first run unplugs it all.
   *
   * Queues a run; {@link run} does it.
   *
   * @throws RangeError if sizes, version and parameters do not go together.
   */
  static probe(options: VirtioMemDriverOptions): VirtioMemDriver {
    const driver = new VirtioMemDriver(options);
    driver.#needsUnplugAll = options.device.pluggedSize > 0;
    driver.#link.configChanged = true;
    driver.#queueWork("probe");
    return driver;
  }

  /**
   * A driver in the middle of its life: which memory blocks exist and where they are online comes
   * from `options.memory`, what is plugged comes from `options.device`. Queues nothing.
   *
   * @throws RangeError if sizes, version and parameters do not go together, or plugged device
   *   blocks do not fill the driver's units.
   */
  static resume(options: VirtioMemDriverOptions): VirtioMemDriver {
    const driver = new VirtioMemDriver(options);
    driver.#mode.adopt();
    return driver;
  }

  /** Bytes plugged, as the driver believes. */
  get pluggedSize(): number {
    return this.#link.pluggedSize;
  }

  /** Something unexpected has happened: the driver never does anything again. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Is there work that {@link run} would do? */
  get hasWork(): boolean {
    return this.#queuedBy !== undefined;
  }

  /** When the driver will try again by itself; undefined where it will not. */
  get retryDueNs(): number | undefined {
    return this.#retryTimer?.dueNs;
  }

  /** The device's memory blocks that are plugged or known to Linux, ascending. */
  memoryBlocks(): DriverMemoryBlock[] {
    return [...this.#mode.memoryBlocks()];
  }

  /** The device has changed its config. Noticed at once by a run that is going on. */
  handleConfigChange(): void {
    this.#link.configChanged = true;
    this.#queueWork("config-change");
  }

  /** Queues a run for no reason but that somebody asks. */
  ask(): void {
    this.#queueWork("asked");
  }

  /** Does the queued work of all drivers that share the queue. Inside a run it does nothing. */
  run(): void {
    this.#workQueue.run();
  }

  #createMode(options: VirtioMemDriverOptions): DriverMode {
    const { memory, profile, parameters = {}, sense } = options;
    const { bigBlockSize, memoryBlockSize, deviceBlockSize } = this.geometry;
    const unitSize = bigBlockSize ?? memoryBlockSize;
    if (unitSize / deviceBlockSize > MAX_NB_BLOCKS) {
      throw new RangeError(
        `bbmBlockSize must be at most ${MAX_NB_BLOCKS} device blocks, got ${unitSize / deviceBlockSize}`,
      );
    }
    const limit = new OfflineLimit(profile.driver.offlineLimit, unitSize);
    const context = {
      profile: profile.driver,
      policy: this.policy,
      geometry: this.geometry,
      unplugOnline: parameters.unplugOnline ?? true,
      safeBigBlockUnplug: parameters.bbmSafeUnplug ?? true,
      link: this.#link,
      memory: new MemorySteps(memory, this.#log, limit, () => {
        if (this.#profile.runsAgainAfterRemoval) this.#queueWork("memory-removed");
      }),
      log: this.#log,
      isRunning: () => this.#isRunning,
      queueWork: (trigger: RunTrigger) => {
        this.#queueWork(trigger);
      },
      sense: (startPfn: number, nrPages: number, count: number) =>
        sense?.(startPfn, nrPages, count),
    };
    return bigBlockSize === undefined
      ? new SubBlockMode(context)
      : new BigBlockMode(context, bigBlockSize);
  }

  /** One run is queued at most, however many reasons there are. */
  #queueWork(trigger: RunTrigger): void {
    if (this.#queuedBy !== undefined) return;
    this.#queuedBy = trigger;
    this.#workQueue.queue(this.#work);
  }

  #runOnce(): void {
    const trigger = this.#queuedBy ?? "asked";
    this.#queuedBy = undefined;
    if (this.#retryTimer !== undefined) this.#clock.cancelTimer(this.#retryTimer);
    this.#retryTimer = undefined;
    if (this.#isBroken) return;
    this.#isRunning = true;
    const { requestedSize, pluggedSize } = this.#link;
    this.#log.add({
      type: "run-start",
      atNs: this.#clock.nowNs,
      trigger,
      requestedSize,
      pluggedSize,
    });
    const errno = this.#process();
    this.#isRunning = false;
    this.#finish(errno);
  }

  /** Repeats the work as long as config changes interrupt it. */
  #process(): number {
    let nacks = 0;
    for (;;) {
      const isTold = this.#link.configChanged;
      const rc = this.#processOnce();
      if (rc !== -Errno.EAGAIN) return rc;
      // A device that refuses what it asks for would be asked for ever.
      nacks = isTold || this.#link.configChanged ? 0 : nacks + 1;
      if (nacks === NACK_LIMIT) return rc;
    }
  }

  #processOnce(): number {
    let rc = 0;
    if (this.#needsUnplugAll) {
      rc = this.#link.unplugAll();
      if (rc === 0) this.#needsUnplugAll = false;
    }
    if (this.#link.configChanged) {
      this.#link.configChanged = false;
      this.#link.refresh();
      this.#mode.refresh();
    }
    if (rc === 0) rc = this.#mode.cleanUp();
    if (rc === 0) {
      const missing = this.#link.requestedSize - this.#link.pluggedSize;
      if (missing > 0) rc = this.#mode.plug(missing);
      if (missing < 0) rc = this.#mode.unplug(-missing);
    }
    return rc === 0 && this.#mode.hasEmptyMemoryBlock ? -Errno.EBUSY : rc;
  }

  #finish(errno: number): void {
    const { requestedSize, pluggedSize } = this.#link;
    this.#log.add({
      type: "run-end",
      atNs: this.#clock.nowNs,
      errno,
      why: explainResult(errno, this.#profile),
      requestedSize,
      pluggedSize,
    });
    if (errno === 0) {
      this.#retryMs = this.#profile.retry.minimumMs;
    } else if (isRetried(errno)) {
      // A run that is queued already would cancel the timer at once.
      if (this.#queuedBy === undefined) this.#armRetry();
    } else if (errno !== -Errno.ENOSPC) {
      this.#isBroken = true;
    }
  }

  #armRetry(): void {
    const dueNs = this.#clock.nowNs + this.#retryMs * NS_PER_MS;
    this.#retryTimer = this.#clock.setTimer(dueNs, () => {
      this.#retryTimer = undefined;
      this.#retryMs = Math.min(2 * this.#retryMs, this.#profile.retry.maximumMs);
      this.#queueWork("retry-timer");
      this.run();
    });
    this.#log.add({ type: "retry-armed", atNs: this.#clock.nowNs, dueNs });
  }
}
