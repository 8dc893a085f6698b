import { VirtualClock } from "../clock.js";
import { PAGEBLOCK_SIZE } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import { DEFAULT_CALIBRATION, wholeCalibration, type Calibration } from "../linux/calibration.js";
import type { MemoryHotplug } from "../linux/memory-hotplug.js";
import type { LinuxProfile } from "../linux/profile.js";
import type { ZoneTable } from "../linux/zone-table.js";
import { EventLog } from "../log/event-log.js";
import { resolvePolicy, type ResolvedPolicy } from "../policies/choice/resolve-policy.js";
import { assertPowerOfTwo } from "../virtio-mem/sizes.js";
import type { GuestOptions } from "./options.js";

/** What a guest is told before it has memory. */
export interface GuestSetting {
  readonly profile: LinuxProfile;
  readonly policy: ResolvedPolicy;
  readonly calibration: Calibration;
  readonly clock: VirtualClock;
  readonly log: EventLog;
}

/**
 * Its memory: the pages, the accounting of their zones, and what adds and removes memory blocks.
 */
export interface GuestMemory {
  readonly pages: PageMemory;
  readonly zones: ZoneTable;
  readonly hotplug: MemoryHotplug;
}

/**
 * @param version - as it is but for the size of subblocks, where the caller gives one.
 * @throws RangeError if a size breaks its rule; PolicyError if the policies do not go together.
 */
export function settingOf(
  options: Omit<GuestOptions, "profile">,
  version: LinuxProfile,
): GuestSetting {
  const profile = withSubblocks(version, options.subblockSize);
  const clock = new VirtualClock();
  return {
    profile,
    policy: resolvePolicy(options.policy, profile),
    calibration: wholeCalibration(options.calibration ?? DEFAULT_CALIBRATION),
    clock,
    log: new EventLog(clock),
  };
}

function withSubblocks(profile: LinuxProfile, subblockSize: number | undefined): LinuxProfile {
  if (subblockSize === undefined) return profile;
  assertPowerOfTwo("subblockSize", subblockSize, PAGEBLOCK_SIZE);
  return { ...profile, driver: { ...profile.driver, subblockMinimumSize: subblockSize } };
}
