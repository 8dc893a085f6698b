import type { Timer, VirtualClock } from "../../clock.js";
import { KernelError } from "../../core/kernel-error.js";
import { Errno } from "../../errno.js";
import type { Log, RunTrigger } from "../../log/event-log.js";
import type { LinuxMemory, MemoryGroup, MemoryNotifier } from "../../linux/linux-memory.js";
import type { LinuxProfile } from "../../linux/profile.js";
import type { DriverProfile } from "../driver-profile.js";
import type { RetryRule } from "./retry-rule.js";
import { BigBlockMode } from "./big-block-mode.js";
import type { VirtioMemDevice } from "../device/device.js";
import { DeviceLink, type DeviceLinkState } from "./device-link.js";
import type { DriverMemoryBlock, DriverMode, DriverModeState } from "./mode.js";
import { driverGeometry, type DriverGeometry, type DriverParameters } from "./parameters.js";
import { LINUX_POLICIES } from "./linux-policies.js";
import { MemorySteps } from "./memory-steps.js";
import { OfflineLimit } from "./offline-limit.js";
import { featureBits, MAX_NB_BLOCKS } from "../protocol.js";
import { explainResult, isRetried, NACK_LIMIT } from "./run-result.js";
import { SubBlockMode } from "./sub-block-mode.js";
import type { PageIsolation, SubblockSummary, UnplugPolicy } from "./unplug-policy.js";
import type { ShrinkableCache } from "../../linux/shrinkable-cache.js";
import { WorkQueue } from "./work-queue.js";
import type { PausingWork } from "../../pausing-work.js";
import { NS_PER_MS } from "../../units.js";
import { optionError } from "../../input-error.js";

/** What a driver is made from. */
export interface VirtioMemDriverOptions {
  /** Its device. */
  readonly device: VirtioMemDevice;
  /** The Linux memory management around it. */
  readonly memory: LinuxMemory;
  /** Where everything is written down; its clock is the driver's. */
  readonly log: Log;
  /** Its Linux version. */
  readonly profile: LinuxProfile;
  /** Module parameters. Default: those of the version. */
  readonly parameters?: DriverParameters;
  /** How sub-block mode unplugs. Default: the policy of the profile. */
  readonly policy?: UnplugPolicy;
  /** Virtual nanoseconds that a request to the device takes. Default: 0. */
  readonly requestNs?: number;
  /** Fail where the device insists on a feature that the version does not know. Default: true. */
  readonly strictFeatures?: boolean;
  /** The work queue shared by all drivers of a guest. Default: one of its own. */
  readonly workQueue?: WorkQueue;
  /**
   * A look at the pages of `count` subblocks, for policies that look before they try.
   *
   * @param startPfn - First page of the first subblock.
   * @param nrPages - Pages of a subblock.
   * @param count - Subblocks to look at.
   */
  readonly sense?: (startPfn: number, nrPages: number, count: number) => SubblockSummary;
  /** Virtual nanoseconds that a look at a page takes. Default: 0. */
  readonly lookedPageNs?: number;
  /** Isolation of pageblocks, for policies that isolate before they move. */
  readonly isolation?: PageIsolation;
  /**
   * Gives a cache back to the allocator and says how many pages that were.
   *
   * @param cache - Which cache.
   */
  readonly shrink?: (cache: ShrinkableCache) => number;
  /** Free memory of the guest in bytes. */
  readonly freeSize?: () => number;
  /** Pages that the guest has free above the high watermarks of its zones. */
  readonly pagesAboveMarks?: () => number;
  /**
   * Pages of a range that an attempt drops and does not move: clean file cache.
   *
   * @param startPfn - First page.
   * @param nrPages - Pages of the range.
   */
  readonly droppablePages?: (startPfn: number, nrPages: number) => number;
  /** When to try again. Default: the waits of the version. */
  readonly retry?: RetryRule;
}

/** A driver between two runs, as plain data. */
export interface DriverState {
  readonly mode: DriverModeState;
  readonly link: DeviceLinkState;
  /** Why a run is queued, and where in the work queue; null where none is. */
  readonly queued: { readonly by: RunTrigger; readonly place: number } | null;
  readonly isBroken: boolean;
  readonly isFrozen: boolean;
  readonly isBeingRemoved: boolean;
  readonly needsUnplugAll: boolean;
  /** When the retry timer is due, and where among the clock's timers; null while none is set. */
  readonly retry: { readonly dueNs: number; readonly place: number } | null;
  readonly retryMs: number;
  readonly nrRetries: number;
  readonly freeAtEnd: number | null;
  /** Accepted before the guest went to sleep; hexadecimal. */
  readonly features: string;
  readonly offlineSize: number;
}

/**
 * The virtio-mem driver of a Linux guest: brings the plugged size to what the device requests, as
 * far as the guest's memory allows (docs/spec/driver.md).
 *
 * It does not act by itself: a config change, an onlined memory block or its own retry timer only
 * queue work, and {@link run} does it. The retry timer calls {@link run} when the clock is moved
 * past it.
 *
 * @example
 * ```js
 * import { Guest } from "virtio-mem-engine";
 *
 * const { device, driver } = await Guest.create();
 * device.requestSize(2 ** 27); // the driver is notified
 * console.log(driver.hasWork); // true
 * driver.run();
 * console.log(driver.pluggedSize); // 134217728
 * ```
 */
export class VirtioMemDriver {
  /** The units that it works in. */
  readonly geometry: DriverGeometry;
  /** How it unplugs. */
  readonly policy: UnplugPolicy;
  readonly #profile: DriverProfile;
  readonly #link: DeviceLink;
  readonly #log: Log;
  readonly #clock: VirtualClock;
  readonly #limit: OfflineLimit;
  readonly #mode: DriverMode;
  readonly #workQueue: WorkQueue;
  readonly #work = (): PausingWork => this.#runOnce();
  #queuedBy: RunTrigger | undefined;
  readonly #endings: readonly (() => void)[];
  #isRunning = false;
  #isBroken = false;
  #isFrozen = false;
  #isBeingRemoved = false;
  #needsUnplugAll = false;
  #retryTimer: Timer | undefined;
  readonly #retry: RetryRule;
  #retryMs: number;
  /** Timed tries since the last success or order of the host. */
  #nrRetries = 0;
  readonly #freeSize: (() => number) | undefined;
  /**
   * Free memory when the last run ended that left something; undefined where freed memory is no
   * reason to try.
   */
  #freeAtEnd: number | undefined;
  /** What was accepted before the guest went to sleep. */
  #features = 0n;

  private constructor(options: VirtioMemDriverOptions) {
    const { device, memory, log, profile, parameters = {}, requestNs = 0 } = options;
    this.#profile = profile.driver;
    this.#log = log;
    this.#clock = log.clock;
    this.#workQueue = options.workQueue ?? new WorkQueue();
    this.#retry = options.retry ?? { ...profile.driver.retry, factor: 2 };
    this.#retryMs = this.#retry.minimumMs;
    this.#freeSize = options.freeSize;
    this.policy = options.policy ?? LINUX_POLICIES[profile.driver.unplugPolicy];
    this.geometry = driverGeometry(
      profile.driver,
      parameters,
      device.blockSize,
      memory.memoryBlockSize,
    );
    this.#link = new DeviceLink(device, log.clock, profile.driver, requestNs);
    const { bigBlockSize, memoryBlockSize } = this.geometry;
    this.#limit = new OfflineLimit(profile.driver.offlineLimit, bigBlockSize ?? memoryBlockSize);
    this.#mode = this.#createMode(options);
    this.#endings = [
      memory.registerNotifier(this.#notifier()),
      device.onConfigChange(() => {
        this.handleConfigChange();
      }),
    ];
  }

  /**
   * Loads the driver into a guest that knows nothing of the device's memory. What is plugged
   * nevertheless is left over from an earlier life: the first run unplugs it all.
   *
   * Accepts the features of the device that the version knows. It fails on one that it does not
   * know but would have to accept, as Linux does; without `strictFeatures` that one counts as not
   * offered.
   *
   * Queues a run; {@link run} does it.
   *
   * @throws RangeError if sizes, version and parameters do not go together; KernelError with EBUSY
   *   or, in older versions, EINVAL if Linux knows memory of the device from a driver that was
   *   loaded before, and with EINVAL for a feature that is missing.
   *
   * @example
   * ```js
   * import {
   *   EventLog,
   *   linuxProfile,
   *   VirtioMemDevice,
   *   VirtioMemDriver,
   *   VirtualClock,
   * } from "virtio-mem-engine/device";
   *
   * const log = new EventLog(new VirtualClock());
   * const device = new VirtioMemDevice({ addr: 2 ** 32, regionSize: 2 ** 30, log });
   * // a Linux that adds memory blocks, and leaves them offline
   * const added = new Set();
   * const memory = {
   *   memoryBlockSize: 2 ** 27,
   *   memoryBlock: (id) =>
   *     added.has(id) ? { id, state: "offline", zone: undefined } : undefined,
   *   addMemoryBlocks: (firstId, count) => {
   *     for (let id = firstId; id < firstId + count; id++) added.add(id);
   *     return 0;
   *   },
   *   registerNotifier: () => () => {},
   * };
   * const driver = VirtioMemDriver.probe({
   *   device,
   *   memory,
   *   log,
   *   profile: linuxProfile("v6.1"),
   * });
   * device.requestSize(2 ** 27);
   * driver.run();
   * console.log(driver.pluggedSize); // 134217728
   * ```
   */
  static probe(options: VirtioMemDriverOptions): VirtioMemDriver {
    assertNotLoadedBefore(options);
    negotiate(options);
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

  /**
   * A driver that goes on as another one of the same options was between two runs. Queues nothing
   * and sets no timer: {@link requeue} and {@link rearm} do, in the order of all drivers of the
   * guest.
   *
   * @internal
   */
  static restore(options: VirtioMemDriverOptions, state: DriverState): VirtioMemDriver {
    const driver = new VirtioMemDriver(options);
    driver.#mode.load(state.mode);
    driver.#link.load(state.link);
    driver.#limit.offlineSize = state.offlineSize;
    driver.#isBroken = state.isBroken;
    driver.#isFrozen = state.isFrozen;
    driver.#needsUnplugAll = state.needsUnplugAll;
    driver.#retryMs = state.retryMs;
    driver.#nrRetries = state.nrRetries;
    driver.#freeAtEnd = state.freeAtEnd ?? undefined;
    driver.#features = BigInt(`0x${state.features}`);
    if (state.isBeingRemoved) driver.abandon();
    return driver;
  }

  /**
   * What {@link restore} takes.
   *
   * @throws KernelError while a run is going on.
   * @internal
   */
  save(): DriverState {
    if (this.#isRunning) throw new KernelError("EBUSY", "save a driver in the midst of a run");
    const place = this.#workQueue.placeOf(this.#work) ?? 0;
    const timer = this.#retryTimer;
    return {
      mode: this.#mode.save(),
      link: this.#link.save(),
      queued: this.#queuedBy === undefined ? null : { by: this.#queuedBy, place },
      isBroken: this.#isBroken,
      isFrozen: this.#isFrozen,
      isBeingRemoved: this.#isBeingRemoved,
      needsUnplugAll: this.#needsUnplugAll,
      retry:
        timer === undefined
          ? null
          : { dueNs: timer.dueNs, place: this.#clock.timers.indexOf(timer) },
      retryMs: this.#retryMs,
      nrRetries: this.#nrRetries,
      freeAtEnd: this.#freeAtEnd ?? null,
      features: this.#features.toString(16),
      offlineSize: this.#limit.offlineSize,
    };
  }

  /** Queues the run that a restored driver had queued. @internal */
  requeue(by: RunTrigger): void {
    this.#queuedBy = by;
    this.#workQueue.queue(this.#work);
  }

  /** Sets the retry timer that a restored driver had set. @internal */
  rearm(dueNs: number): void {
    this.#setRetryTimer(dueNs);
  }

  /** Bytes plugged, as the driver believes. */
  get pluggedSize(): number {
    return this.#link.pluggedSize;
  }

  /** Something unexpected has happened: the driver never does anything again. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Is a run going on, which a timer of the clock has interrupted? */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Is the guest suspended? Nothing is done until it wakes up. */
  get isFrozen(): boolean {
    return this.#isFrozen;
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
    this.#nrRetries = 0;
    this.#link.configChanged = true;
    this.#queueWork("config-change");
  }

  /** Queues a run because the caller asks for it. */
  ask(): void {
    this.#queueWork("asked");
  }

  /**
   * Memory may have been freed. Under a policy that waits for that, a run is made if as much as a
   * subblock was since the last one that left something.
   */
  noticeFreed(): void {
    if (this.#freeAtEnd === undefined || this.#freeSize === undefined) return;
    if (this.#freeSize() < this.#freeAtEnd + this.geometry.subblockSize) return;
    this.#queueWork("memory-freed");
    this.run();
  }

  /** Does the queued work of all drivers that share the queue. Inside a run it does nothing. */
  run(): void {
    this.#workQueue.run();
  }

  /**
   * As {@link run}, with pauses between the steps of the driver, after which `isPauseDue` is asked.
   * The caller asks for all of it, to the end.
   *
   * @internal
   */
  slices(isPauseDue: () => boolean): PausingWork {
    return this.#workQueue.slices(isPauseDue);
  }

  /** Is a run of this driver, or of one that shares its queue, going on or paused? @internal */
  get isQueueRunning(): boolean {
    return this.#workQueue.isRunning;
  }

  /**
   * Unloads the driver. Its offline, partly plugged memory blocks are removed first, because
   * nothing could tell any more which of their pages must not go online. What is plugged stays
   * plugged.
   *
   * @returns ids of the memory blocks that Linux keeps; while there are any, no driver can be
   *   loaded.
   */
  remove(): number[] {
    this.#isBeingRemoved = true;
    this.#mode.removeOfflinePartial();
    const kept = this.memoryBlocks().filter(({ state }) => state !== "plugged");
    this.abandon();
    this.#link.device.deviceReset();
    return kept.map(({ id }) => id);
  }

  /**
   * The guest is gone, by a crash or a reset of the machine: the driver never does anything again.
   */
  abandon(): void {
    this.#isBeingRemoved = true;
    this.#cancelRetry();
    for (const end of this.#endings) end();
  }

  /**
   * The guest wants to sleep. Until {@link wakeUp} the device has no driver and no run is made.
   *
   * @param kind - How deep the guest sleeps: s2idle, suspend to RAM, or hibernation.
   * @returns `false` if the driver refuses (-EPERM): older ones always, newer ones to hibernate,
   *   and to sleep to RAM with memory plugged that the device would not keep.
   */
  trySuspend(kind: "to-idle" | "to-ram" | "to-disk"): boolean {
    if (this.#isFrozen) return true;
    const { device } = this.#link;
    const keeps = this.#link.pluggedSize === 0 || device.hasAccepted("PersistentSuspend");
    if (this.#profile.suspend === "refused" || kind === "to-disk") return false;
    if (kind === "to-ram" && !keeps) return false;
    this.#isFrozen = true;
    this.#features = device.acceptedFeatures;
    device.deviceReset();
    return true;
  }

  /** The guest is awake again. Queues a run, which reads the config again. */
  wakeUp(): void {
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    this.#link.device.activate(this.#features);
    this.#link.configChanged = true;
    this.#queueWork("wake-up");
  }

  /** The mode's notifier; while the driver goes, memory of the device goes nowhere. */
  #notifier(): MemoryNotifier {
    const mode = this.#mode;
    const group = this.#memoryGroup();
    const vetoes = (id: number): boolean => this.#isBeingRemoved && mode.covers(id);
    return {
      goingOnline: (id, zone) => !vetoes(id) && mode.goingOnline(id, zone),
      online: (id, zone) => {
        mode.online(id, zone);
      },
      cancelOnline: (id) => {
        mode.cancelOnline(id);
      },
      goingOffline: (id) => !vetoes(id) && mode.goingOffline(id),
      offline: (id) => {
        mode.offline(id);
      },
      cancelOffline: (id) => {
        mode.cancelOffline(id);
      },
      pluggedRuns: (id) => mode.pluggedRuns(id),
      memoryGroup: (id) => (mode.covers(id) ? group : undefined),
    };
  }

  #memoryGroup(): MemoryGroup {
    const { device } = this.#link;
    const { bigBlockSize, memoryBlockSize } = this.geometry;
    return {
      node: device.hasAccepted("AcpiPxm") ? device.nodeId : undefined,
      unitMemoryBlocks: (bigBlockSize ?? memoryBlockSize) / memoryBlockSize,
    };
  }

  #createMode(options: VirtioMemDriverOptions): DriverMode {
    const { memory, profile, parameters = {}, sense, isolation, shrink } = options;
    const { freeSize, pagesAboveMarks, droppablePages, lookedPageNs = 0 } = options;
    const { bigBlockSize, memoryBlockSize, deviceBlockSize } = this.geometry;
    const unitSize = bigBlockSize ?? memoryBlockSize;
    if (unitSize / deviceBlockSize > MAX_NB_BLOCKS) {
      throw optionError(
        `bbmBlockSize must be at most ${MAX_NB_BLOCKS} device blocks, got ${unitSize / deviceBlockSize}`,
      );
    }
    const context = {
      profile: profile.driver,
      policy: this.policy,
      geometry: this.geometry,
      unplugOnline: parameters.unplugOnline ?? true,
      safeBigBlockUnplug: parameters.bbmSafeUnplug ?? true,
      link: this.#link,
      memory: new MemorySteps(
        memory,
        this.#log,
        this.#limit,
        () => {
          if (this.#profile.runsAgainAfterRemoval) this.#queueWork("memory-removed");
        },
        () => this.#workQueue.isPauseDue,
      ),
      log: this.#log,
      isRunning: () => this.#isRunning,
      isPauseDue: () => this.#workQueue.isPauseDue,
      queueWork: (trigger: RunTrigger) => {
        this.#queueWork(trigger);
      },
      sense: (startPfn: number, nrPages: number, count: number) =>
        sense?.(startPfn, nrPages, count),
      payForLook: (startPfn: number, nrPages: number) => {
        this.#clock.advanceNs(Math.round(nrPages * lookedPageNs));
        this.#log.add({ type: "look", atNs: this.#clock.nowNs, startPfn, nrPages });
      },
      isolation,
      shrink: (cache: ShrinkableCache) => {
        const nrPages = shrink?.(cache) ?? 0;
        this.#log.add({ type: "shrink", atNs: this.#clock.nowNs, cache, nrPages });
        return nrPages;
      },
      memmapSubblocks: Math.ceil((memory.ownMemmapSize ?? 0) / this.geometry.subblockSize),
      free: {
        freeSize: () => freeSize?.() ?? Infinity,
        pagesAboveMarks: () => pagesAboveMarks?.() ?? Infinity,
        droppablePages: (startPfn: number, nrPages: number) =>
          droppablePages?.(startPfn, nrPages) ?? 0,
      },
    };
    if (bigBlockSize !== undefined && context.memmapSubblocks > 0) {
      throw optionError("memmap must be in older memory in big-block mode, got added-memory");
    }
    return bigBlockSize === undefined
      ? new SubBlockMode(context)
      : new BigBlockMode(context, bigBlockSize);
  }

  /** One run is queued at most, however many reasons there are. */
  #queueWork(trigger: RunTrigger): void {
    if (this.#queuedBy !== undefined || this.#isBeingRemoved) return;
    this.#queuedBy = trigger;
    this.#workQueue.queue(this.#work);
  }

  *#runOnce(): PausingWork {
    const trigger = this.#queuedBy ?? "asked";
    this.#queuedBy = undefined;
    if (this.#isBeingRemoved || this.#isFrozen) return;
    this.#cancelRetry();
    this.#freeAtEnd = undefined;
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
    let errno: number;
    try {
      errno = yield* this.#process();
    } finally {
      this.#isRunning = false;
    }
    this.#finish(errno);
  }

  /** Repeats the work as long as config changes interrupt it. */
  *#process(): PausingWork<number> {
    let nacks = 0;
    for (;;) {
      const isTold = this.#link.configChanged;
      const rc = yield* this.#processOnce();
      if (rc !== -Errno.EAGAIN) return rc;
      // A device that refuses what it asks for would be asked for ever.
      nacks = isTold || this.#link.configChanged ? 0 : nacks + 1;
      if (nacks === NACK_LIMIT) return rc;
    }
  }

  *#processOnce(): PausingWork<number> {
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
    if (rc === 0) rc = yield* this.#mode.cleanUp();
    if (rc === 0) {
      const missing = this.#link.requestedSize - this.#link.pluggedSize;
      if (missing > 0) rc = yield* this.#mode.plug(missing);
      if (missing < 0) rc = yield* this.#mode.unplug(-missing);
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
      this.#retryMs = this.#retry.minimumMs;
      this.#nrRetries = 0;
    } else if (isRetried(errno)) {
      // A run that is queued already would cancel the timer at once.
      if (this.#queuedBy === undefined) this.#armRetry();
    } else if (errno !== -Errno.ENOSPC) {
      this.#isBroken = true;
    }
  }

  #cancelRetry(): void {
    if (this.#retryTimer !== undefined) this.#clock.cancelTimer(this.#retryTimer);
    this.#retryTimer = undefined;
  }

  #armRetry(): void {
    if (this.#retry.onFreed === true) this.#freeAtEnd = this.#freeSize?.();
    if (this.#nrRetries >= (this.#retry.most ?? Infinity)) return;
    const dueNs = this.#clock.nowNs + this.#retryMs * NS_PER_MS;
    this.#setRetryTimer(dueNs);
    this.#log.add({ type: "retry-armed", atNs: this.#clock.nowNs, dueNs });
  }

  #setRetryTimer(dueNs: number): void {
    this.#retryTimer = this.#clock.setTimer(dueNs, () => {
      this.#retryTimer = undefined;
      this.#retryMs = Math.min(this.#retry.factor * this.#retryMs, this.#retry.maximumMs);
      this.#nrRetries++;
      this.#queueWork("retry-timer");
      this.run();
    });
  }
}

function negotiate({ device, profile, strictFeatures = true }: VirtioMemDriverOptions): void {
  const known = featureBits(profile.driver.features) & device.offeredFeatures;
  if (device.activate(known)) return;
  if (strictFeatures || !device.activate(known | device.requiredFeatures)) {
    throw new KernelError("EINVAL", `load the driver of ${profile.name}, which lacks a feature`);
  }
}

/** Memory of the device that Linux knows has no owner: the driver cannot take it over. */
function assertNotLoadedBefore({ device, memory, profile }: VirtioMemDriverOptions): void {
  const { addr, regionSize, pluggedSize } = device;
  if (profile.driver.reloadErrno === "EINVAL" && pluggedSize === 0) return;
  const first = Math.floor(addr / memory.memoryBlockSize);
  const end = Math.ceil((addr + regionSize) / memory.memoryBlockSize);
  for (let id = first; id < end; id++) {
    if (memory.memoryBlock(id) === undefined) continue;
    throw new KernelError(profile.driver.reloadErrno, "load the driver while its memory is added");
  }
}
