import type { LinuxProfile, ProfileName } from "./profile-types.js";
import { PROFILES } from "./versions.js";
import { optionError, written } from "../input-error.js";

export type * from "./profile-types.js";

/** Names of all profiles, oldest first. */
export const PROFILE_NAMES = Object.keys(PROFILES) as readonly ProfileName[];

/**
 * @param name - One of {@link PROFILE_NAMES}.
 * @throws RangeError if there is no profile of that name.
 *
 * @example
 * ```js
 * import { linuxProfile } from "virtio-mem-engine";
 *
 * const { driver } = linuxProfile("v6.1");
 * console.log(driver.subblockMinimumSize); // 2097152
 * ```
 */
export function linuxProfile(name: ProfileName): LinuxProfile {
  const profile = Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined;
  if (profile === undefined) {
    throw optionError(`profile must be one of ${PROFILE_NAMES.join(", ")}, got ${written(name)}`);
  }
  return profile;
}
