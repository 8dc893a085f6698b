import type { ZoneKind } from "../../core/zone-kind.js";
import type { ReserveSource } from "./reserve.js";
import type { Log, RunTrigger } from "../../log/event-log.js";
import type { MemoryNotifier } from "../../linux/linux-memory.js";
import type { DriverProfile } from "../driver-profile.js";
import type { BigBlockState } from "../big-block-state.js";
import type { DeviceLink } from "./device-link.js";
import type { DriverGeometry } from "./parameters.js";
import type { MemoryBlockState } from "../memory-block-state.js";
import type { MemoryBlockTableState } from "./memory-block-table.js";
import type { MemorySteps } from "./memory-steps.js";
import type { PageIsolation, SubblockSummary, UnplugPolicy } from "./unplug-policy.js";
import type { ShrinkableCache } from "../../linux/shrinkable-cache.js";
import type { PausingWork } from "../../pausing-work.js";

/** What both modes of the driver work with. */
export interface DriverContext {
  readonly profile: DriverProfile;
  readonly policy: UnplugPolicy;
  readonly geometry: DriverGeometry;
  readonly unplugOnline: boolean;
  readonly safeBigBlockUnplug: boolean;
  readonly link: DeviceLink;
  readonly memory: MemorySteps;
  readonly log: Log;
  /** Is a run going on? */
  isRunning(): boolean;
  /** Is a run to pause before its next step? What it decides must not depend on that. */
  isPauseDue(): boolean;
  queueWork(trigger: RunTrigger): void;
  sense(startPfn: number, nrPages: number, count: number): SubblockSummary | undefined;
  /** What a look costs; writes it down. */
  payForLook(startPfn: number, nrPages: number): void;
  /** Isolation of pageblocks, for policies that isolate first; undefined where there is none. */
  readonly isolation: PageIsolation | undefined;
  /**
   * Gives a cache back to the allocator. Returns how many pages that were; 0 where the guest offers
   * none.
   */
  shrink(cache: ShrinkableCache): number;
  /**
   * First subblocks of each memory block that hold its own struct pages: they stay plugged until it
   * is removed. 0 where those lie elsewhere.
   */
  readonly memmapSubblocks: number;
  /** What a policy may have to leave to the guest. */
  readonly free: ReserveSource;
}

/** One memory block of the device, as the driver knows it. */
export interface DriverMemoryBlock {
  /** Id of the memory block. */
  readonly id: number;
  /** In big-block mode the state that this memory block would have in sub-block mode. */
  readonly state: MemoryBlockState;
  /** Zone it is online in; undefined where it is offline, unknown to Linux or in several zones. */
  readonly zone: ZoneKind | undefined;
  /** Bytes of it that are plugged. */
  readonly pluggedSize: number;
  /** Only in big-block mode. */
  readonly bigBlock?: BigBlockState;
}

/** What a mode knows, as plain data. */
export type DriverModeState =
  | {
      readonly mode: "sub-block";
      readonly table: MemoryBlockTableState;
      readonly lastUsableId: number;
      readonly hasEmptyMemoryBlock: boolean;
    }
  | {
      readonly mode: "big-block";
      readonly states: readonly BigBlockState[];
      readonly lastUsableId: number;
    };

/**
 * The half of the driver that knows memory blocks: sub-block mode or big-block mode. Results are 0
 * or a negative errno that ends the run (docs/spec/driver.md, "Responses as errnos"). A run may
 * pause between two memory blocks, chunks or sections, with nothing half done.
 */
export interface DriverMode extends Omit<MemoryNotifier, "memoryGroup"> {
  /** Does this memory block lie in the device's region, wholly? */
  covers(id: number): boolean;
  /** Takes over the memory blocks that Linux knows and the device has plugged. */
  adopt(): void;
  /** What it knows, for {@link load} of a new one over the same region. */
  save(): DriverModeState;
  load(state: DriverModeState): void;
  /** The config was read again: recomputes the last usable block. */
  refresh(): void;
  /** Unplugs and removes what earlier runs had to leave behind. */
  cleanUp(): PausingWork<number>;
  /** Plugs up to `size` bytes, as far as whole blocks go. */
  plug(size: number): PausingWork<number>;
  /** Unplugs up to `size` bytes, as far as whole blocks go. */
  unplug(size: number): PausingWork<number>;
  /** Removes offline memory blocks that are partly plugged: the driver is going. */
  removeOfflinePartial(): void;
  /** Did removing a memory block without plugged subblocks fail, so that it must be tried again? */
  readonly hasEmptyMemoryBlock: boolean;
  /** Memory blocks of the device that are plugged or known to Linux, ascending. */
  memoryBlocks(): Generator<DriverMemoryBlock>;
}
